// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// Which files belong to which tasks. What a call reports as done survives any kind of death.
///
/// It neither knows whether there are such tasks and files, nor looks after them: entries may outlive either.
public protocol TaskFileIndex: Sendable {
    /// Adds entries, all or none; those that are there already stay as they are.
    func insertTaskFiles(_ files: [TaskFileRecord]) async throws

    /// A task's entries, inputs before outputs, each in the order they were added; of all roles if `role` is nil.
    func taskFiles(ofTask id: String, role: TaskFileDTO.Role?) async throws -> [TaskFileRecord]

    /// Removes a task's entries for these files; for all files if `fileIDs` is nil. Harmless twice.
    func removeTaskFiles(ofTask id: String, role: TaskFileDTO.Role?, fileIDs: [String]?) async throws
}

/// A file that a task was given or made.
public struct TaskFileRecord: Sendable, Hashable {
    /// The task.
    public var taskID: String
    /// The file.
    public var fileID: String
    /// Whether the task was given it or made it.
    public var role: TaskFileDTO.Role
    /// When it became the task's.
    public var createdAt: Timestamp

    /// An entry.
    public init(taskID: String, fileID: String, role: TaskFileDTO.Role, createdAt: Timestamp) {
        self.taskID = taskID
        self.fileID = fileID
        self.role = role
        self.createdAt = createdAt
    }
}
