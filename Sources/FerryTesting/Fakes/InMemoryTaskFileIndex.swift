// SPDX-License-Identifier: Apache-2.0

public import FerryServerCore
public import FerryWire
internal import Synchronization

/// Which files belong to which tasks, in memory, for tests.
public final class InMemoryTaskFileIndex: TaskFileIndex {
    private let files = Mutex<[TaskFileRecord]>([])

    /// None.
    public init() {}

    public func insertTaskFiles(_ files: [TaskFileRecord]) async throws {
        try Task.checkCancellation()
        self.files.withLock { known in
            for file in files
            where !known.contains(where: {
                $0.taskID == file.taskID && $0.role == file.role && $0.fileID == file.fileID
            }) {
                known.append(file)
            }
        }
    }

    public func taskFiles(ofTask id: String, role: TaskFileDTO.Role?) async throws -> [TaskFileRecord] {
        try Task.checkCancellation()
        return files.withLock { files in
            TaskFileDTO.Role.allCases.flatMap { each in
                files.filter { $0.taskID == id && $0.role == each && (role == nil || role == each) }
            }
        }
    }

    public func removeTaskFiles(ofTask id: String, role: TaskFileDTO.Role?, fileIDs: [String]?) async throws {
        try Task.checkCancellation()
        files.withLock { files in
            files.removeAll { file in
                file.taskID == id && (role == nil || file.role == role)
                    && (fileIDs == nil || fileIDs?.contains(file.fileID) == true)
            }
        }
    }
}
