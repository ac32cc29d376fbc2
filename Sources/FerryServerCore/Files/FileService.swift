// SPDX-License-Identifier: Apache-2.0

package import FerryWire
internal import NIOCore

/// The rules of file records.
package struct FileService: Sendable {
    let index: any FileIndex
    let blobs: any BlobStore
    let guards: BlobGuards
    let limits: ServerLimits
    let clock: ServerClock
    private let pages: PageCursors

    package init(
        index: any FileIndex, blobs: any BlobStore, guards: BlobGuards, pages: PageCursors, limits: ServerLimits,
        clock: ServerClock
    ) {
        self.index = index
        self.blobs = blobs
        self.guards = guards
        self.pages = pages
        self.limits = limits
        self.clock = clock
    }

    /// Makes records for files whose bytes are to come, all or none.
    package func create(_ request: CreateFilesRequest, by principal: Principal) async throws -> [FileRecord] {
        try principal.require(.filesWrite)
        guard !request.files.isEmpty else { throw ServerError(.validation, "/files: must have at least one element") }
        guard request.files.count <= limits.maximumFilesPerRequest else {
            throw ServerError(
                .validation,
                "/files: must have at most \(limits.maximumFilesPerRequest) elements; send several requests")
        }
        let records = try request.files.enumerated().map { index, file in
            try record(for: file, category: request.category ?? "", owner: principal, place: "/files/\(index)")
        }
        try await index.insert(records)
        return records
    }

    func record(
        for file: PartialFile, category: String, owner: Principal, place: String
    ) throws(ServerError) -> FileRecord {
        let filename: String
        do throws(Filename.Refusal) {
            filename = try Filename.label(file.filename ?? "")
        } catch {
            throw ServerError(.validation, "\(place)/filename: \(error.description)")
        }
        for (name, text) in [("path", file.path ?? ""), ("category", category)] {
            guard text.utf8.count <= limits.maximumLabelLength, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else {
                throw ServerError(
                    .validation,
                    "\(place)/\(name): at most \(limits.maximumLabelLength) bytes without control characters")
            }
        }
        if let size = file.size {
            guard size >= 0 else { throw ServerError(.validation, "\(place)/size: must not be negative") }
            guard size <= limits.maximumFileSize else {
                throw ServerError(.validation, "\(place)/size: files may have at most \(limits.maximumFileSize) bytes")
            }
        }
        // A type that is no media type is a type not given: it never reaches a header.
        let declared = file.contentType.flatMap { MediaType($0) }
        let type = declared ?? MediaType(filename: filename) ?? .octetStream
        let now = clock.now()
        return FileRecord(
            id: Identifier.random(), teamID: owner.team.id, userID: owner.keyID, createdAt: now, updatedAt: now,
            filename: filename, contentType: type.description, declaredSize: file.size, path: file.path ?? "",
            category: category, isPublic: file.isPublic ?? false)
    }

    /// The caller's record of that id.
    package func file(id: String, for principal: Principal) async throws -> FileRecord {
        try principal.require(.filesRead)
        return try await owned(id: id, by: principal)
    }

    private func owned(id: String, by principal: Principal) async throws -> FileRecord {
        guard Identifier.isValid(id), let record = try await index.file(id: id), record.teamID == principal.team.id
        else { throw ServerError.notFound("file") }
        return record
    }

    /// Removes the caller's record and, if no other record has them, its bytes.
    package func delete(id: String, by principal: Principal) async throws {
        try principal.require(.filesWrite)
        _ = try await owned(id: id, by: principal)
        try await delete(id: id)
    }

    /// Removes a record and, if no other record has them, its bytes.
    func delete(id: String) async throws {
        guard let record = try await index.delete(id: id), let blob = record.blob else { return }
        try await guards.withExclusive(BlobGuards.key(team: record.teamID, digest: blob.digest)) {
            if try await !index.isReferenced(blobKey: blob.key) { try await blobs.remove(blob.key) }
        }
    }

    /// A page of the caller's records, newest first.
    package func list(_ request: CursorListRequest, for principal: Principal) async throws -> RecordPage<FileRecord> {
        try principal.require(.filesRead)
        let query = try pages.query(request, teamID: principal.team.id, fields: Self.listFields)
        return try await pages.page(query) {
            try await index.list($0)
        } position: {
            RecordQuery.Position(createdAt: $0.createdAt, id: $0.id)
        }
    }

    private static let listFields: [String: PageCursors.FieldKind] = [
        "id": .text, "filename": .text, "content_type": .text, "path": .text, "category": .text, "visibility": .text,
        "size": .integer, "created_at": .time, "updated_at": .time,
    ]
}
