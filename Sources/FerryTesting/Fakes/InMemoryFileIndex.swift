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

    public func complete(
        id: String, blob: BlobReference, contentType: String, at time: Timestamp
    ) async throws -> FileRecord? {
        try Task.checkCancellation()
        return files.withLock { files in
            guard var file = files[id], file.blob == nil else { return nil }
            file.blob = blob
            file.contentType = contentType
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
        let matcher = RecordMatcher<FileRecord>(
            fields: [
                "id": .text { $0.id }, "filename": .text { $0.filename },
                "content_type": .text { $0.contentType }, "path": .text { $0.path },
                "category": .text { $0.category }, "visibility": .text { $0.isPublic ? "public" : "team" },
                "size": .integer { $0.blob?.digest.size ?? $0.declaredSize ?? 0 },
                "created_at": .integer { $0.createdAt.microseconds },
                "updated_at": .integer { $0.updatedAt.microseconds },
            ],
            position: { RecordQuery.Position(createdAt: $0.createdAt, id: $0.id) }, teamID: \.teamID)
        return try matcher.list(query, from: files.withLock { Array($0.values) })
    }

    public func isReferenced(blobKey: String) async throws -> Bool {
        try Task.checkCancellation()
        return files.withLock { $0.values.contains { $0.blob?.key == blobKey } }
    }

    public func deletePending(createdBefore time: Timestamp) async throws -> Int {
        try Task.checkCancellation()
        return files.withLock { files in
            let kept = files.filter { $0.value.isReady || $0.value.createdAt >= time }
            defer { files = kept }
            return files.count - kept.count
        }
    }
}
