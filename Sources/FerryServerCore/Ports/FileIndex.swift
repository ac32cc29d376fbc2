// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// The records of files. What a call reports as done survives any kind of death of the process or the machine.
///
/// List fields: `id filename content_type path category visibility` (text; visibility is `public` or `team`),
/// `size` (stored size, else the declared one, else 0), `created_at`, `updated_at`. `like` takes `%` and `_`,
/// case-insensitive for ASCII, without an escape character.
public protocol FileIndex: Sendable {
    /// Adds records, all or none.
    func insert(_ files: [FileRecord]) async throws

    /// The record of that id, of any team.
    func file(id: String) async throws -> FileRecord?

    /// Gives a pending record its bytes, once.
    ///
    /// - Returns: the record as it is afterwards; nil if there is none or it had its bytes already.
    func complete(id: String, blob: BlobReference, contentType: String, at time: Timestamp) async throws -> FileRecord?

    /// Removes a record, and gives what it was; nil if there was none.
    func delete(id: String) async throws -> FileRecord?

    /// The records a query wants, newest first.
    func list(_ query: RecordQuery) async throws -> [FileRecord]

    /// Whether any record has its bytes under that key.
    func isReferenced(blobKey: String) async throws -> Bool

    /// Removes pending records made before that time, and gives how many.
    func deletePending(createdBefore time: Timestamp) async throws -> Int
}
