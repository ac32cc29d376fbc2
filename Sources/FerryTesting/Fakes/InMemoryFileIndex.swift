// SPDX-License-Identifier: Apache-2.0

public import FerryServerCore
public import FerryWire
internal import Synchronization

/// Records of files in memory, for tests.
public final class InMemoryFileIndex: FileIndex {
    private let files = Mutex<[String: FileRecord]>([:])

    /// An empty index.
    public init() {}

    public func insert(_ files: [FileRecord]) async throws {
        try Task.checkCancellation()
        try self.files.withLock { stored in
            var next = stored
            for file in files {
                guard next.updateValue(file, forKey: file.id) == nil else {
                    throw ServerError(.conflict, "there is such a record already")
                }
            }
            stored = next
        }
    }

    public func file(id: String) async throws -> FileRecord? {
        try Task.checkCancellation()
        return files.withLock { $0[id] }
    }

    public func update(id: String, change: FileChange, at time: Timestamp) async throws -> FileRecord? {
        try Task.checkCancellation()
        return files.withLock { files in
            guard let old = files[id], var file = change.applied(to: old) else { return nil }
            file.updatedAt = time
            files[id] = file
            return file
        }
    }

    public func delete(id: String) async throws -> FileRecord? {
        try Task.checkCancellation()
        return files.withLock { $0.removeValue(forKey: id) }
    }

    public func list(_ query: RecordQuery) async throws -> [FileRecord] {
        try Task.checkCancellation()
        return try RecordMatcher<FileRecord>(query).list(files.withLock { Array($0.values) })
    }

    public func isReferenced(blobKey: String) async throws -> Bool {
        try Task.checkCancellation()
        return files.withLock { $0.values.contains { $0.blob?.key == blobKey } }
    }

    public func removeExpired(
        at time: Timestamp, pendingBefore: Timestamp, limit: Int
    ) async throws -> [FileRecord] {
        try Task.checkCancellation()
        return files.withLock { files in
            let over = files.values.filter { file in
                !file.isAlive(at: time) || (!file.isReady && file.createdAt < pendingBefore)
            }
            let gone = Array(over.prefix(max(limit, 0)))
            for file in gone { files[file.id] = nil }
            return gone
        }
    }
}
