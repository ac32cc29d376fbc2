// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// The records of files. What a call reports as done survives any kind of death of the process or the machine.
///
/// List fields: `id filename content_type path category visibility user_id sha256` (text; visibility is `public` or
/// `team`, sha256 has no value while the bytes are missing), `size` (stored size, else the declared one, else 0),
/// `created_at`, `updated_at`, `expires_at` (no value when the file stays).
public protocol FileIndex: Sendable {
    /// Adds records, all or none.
    func insert(_ files: [FileRecord]) async throws

    /// The record of that id, of any team, its time over or not.
    func file(id: String) async throws -> FileRecord?

    /// Changes a record, all of the change or nothing.
    ///
    /// - Returns: the record as it is afterwards; nil if there is none, or if the change brings bytes and it has some.
    func update(id: String, change: FileChange, at time: Timestamp) async throws -> FileRecord?

    /// Removes a record, and gives what it was; nil if there was none.
    func delete(id: String) async throws -> FileRecord?

    /// The records a query wants, in its order.
    func list(_ query: RecordQuery) async throws -> [FileRecord]

    /// Whether any record has its bytes under that key.
    func isReferenced(blobKey: String) async throws -> Bool

    /// Removes records whose time is over, and pending ones made before a time, at most `limit` at once.
    ///
    /// - Parameter time: records that expire then or before are over.
    /// - Returns: what they were; fewer than `limit` if these were all.
    func removeExpired(at time: Timestamp, pendingBefore: Timestamp, limit: Int) async throws -> [FileRecord]
}

extension FileIndex {
    /// Gives a pending record its bytes, once.
    ///
    /// - Returns: the record as it is afterwards; nil if there is none or it had its bytes already.
    public func complete(
        id: String, blob: BlobReference, contentType: String, at time: Timestamp
    ) async throws -> FileRecord? {
        let change = FileChange(bytes: FileChange.Bytes(blob: blob, contentType: contentType))
        return try await update(id: id, change: change, at: time)
    }
}
