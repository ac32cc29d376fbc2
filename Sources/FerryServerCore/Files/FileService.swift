// SPDX-License-Identifier: Apache-2.0

package import FerryWire
internal import NIOCore

/// The rules of file records.
package struct FileService: Sendable {
    let index: any FileIndex
    let blobs: any BlobStore
    let detector: any ContentTypeDetector
    let guards: BlobGuards
    let limits: ServerLimits
    let clock: ServerClock
    private let pages: PageCursors

    package init(
        index: any FileIndex, blobs: any BlobStore, detector: any ContentTypeDetector, guards: BlobGuards,
        pages: PageCursors, limits: ServerLimits, clock: ServerClock
    ) {
        self.index = index
        self.blobs = blobs
        self.detector = detector
        self.guards = guards
        self.pages = pages
        self.limits = limits
        self.clock = clock
    }

    /// Makes records for files whose bytes are to come, all or none.
    package func create(_ request: CreateFilesRequest, by principal: Principal) async throws -> [FileRecord] {
        try principal.require(.filesWrite)
        guard !request.files.isEmpty else { throw ServerError(.validation, "/files: must have at least one element") }
        try checkCount(request.files.count)
        let records = try request.files.enumerated().map { index, file in
            try record(for: file, category: request.category ?? "", owner: principal, place: "/files/\(index)")
        }
        try await index.insert(records)
        return records
    }

    /// - Throws: ``ServerError`` for more files than one request may name.
    package func checkCount(_ count: Int) throws(ServerError) {
        guard count <= limits.maximumFilesPerRequest else {
            throw ServerError(
                .validation,
                "/files: must have at most \(limits.maximumFilesPerRequest) elements; send several requests")
        }
    }

    func record(
        for file: PartialFile, category: String, owner: Principal, place: String
    ) throws(ServerError) -> FileRecord {
        let filename = try Self.filename(file.filename ?? "", place: place)
        let path = try Self.path(file.path ?? "", place: place)
        guard category.utf8.count <= limits.maximumLabelLength,
            category.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else {
            throw ServerError(
                .validation,
                "\(place)/category: at most \(limits.maximumLabelLength) bytes without control characters")
        }
        if let size = file.size {
            guard size >= 0 else { throw ServerError(.validation, "\(place)/size: must not be negative") }
            guard size <= limits.maximumFileSize else {
                throw ServerError(.validation, "\(place)/size: files may have at most \(limits.maximumFileSize) bytes")
            }
        }
        if let lifetime = file.expiresIn, !limits.fileLifetimes.contains(lifetime) {
            let range = limits.fileLifetimes
            throw ServerError(
                .validation, "\(place)/expires_in: must be \(range.lowerBound) to \(range.upperBound) seconds")
        }
        try FileTypeRules.check(file.contentType, place: place)
        // A type that is no media type is a type not given: it never reaches a header.
        let declared = file.contentType.flatMap { MediaType($0) }
        let type = declared ?? MediaType(filename: filename) ?? .octetStream
        let now = clock.now()
        return FileRecord(
            id: Identifier.random(), teamID: owner.team.id, userID: owner.keyID, createdAt: now, updatedAt: now,
            filename: filename, contentType: type.description, declaredSize: file.size, path: path,
            category: category, isPublic: file.isPublic ?? false,
            expiresAt: file.expiresIn.map { now.advanced(bySeconds: $0) }, hasGuessedType: declared == nil)
    }

    private static func filename(_ text: String, place: String) throws(ServerError) -> String {
        do throws(Filename.Refusal) {
            return try Filename.label(text)
        } catch {
            throw ServerError(.validation, "\(place)/filename: \(error.description)")
        }
    }

    private static func path(_ text: String, place: String) throws(ServerError) -> String {
        do throws(StoragePath.Refusal) {
            return try StoragePath.normalized(text)
        } catch {
            throw ServerError(.validation, "\(place)/path: \(error.description)")
        }
    }

    /// The record of that id, of any team; nil as soon as its time is over.
    func record(id: String) async throws -> FileRecord? {
        guard Identifier.isValid(id), let record = try await index.file(id: id), record.isAlive(at: clock.now())
        else { return nil }
        return record
    }

    /// The caller's record of that id.
    package func file(id: String, for principal: Principal) async throws -> FileRecord {
        try principal.require(.filesRead)
        return try await owned(id: id, by: principal)
    }

    private func owned(id: String, by principal: Principal) async throws -> FileRecord {
        guard let record = try await record(id: id), record.teamID == principal.team.id else {
            throw ServerError.notFound("file")
        }
        return record
    }

    /// Changes the caller's record; see ``FileUpdate``.
    package func update(id: String, _ update: FileUpdate, by principal: Principal) async throws -> FileRecord {
        try principal.require(.filesWrite)
        let change = FileChange(
            filename: try update.filename.map { name throws(ServerError) in try Self.filename(name, place: "") },
            path: try update.path.map { path throws(ServerError) in try Self.path(path, place: "") },
            isPublic: update.isPublic)
        return try await apply(change, id: id, by: principal)
    }

    /// Shows the caller's file to everybody, or to its team alone; links without a signature stop at once.
    package func setVisibility(
        id: String, _ change: VisibilityChange, by principal: Principal
    ) async throws -> FileRecord {
        try principal.require(.filesWrite)
        guard ["public", "private", "team"].contains(change.visibility) else {
            throw ServerError(.validation, "/visibility: must be public, private or team")
        }
        return try await apply(FileChange(isPublic: change.visibility == "public"), id: id, by: principal)
    }

    private func apply(_ change: FileChange, id: String, by principal: Principal) async throws -> FileRecord {
        let record = try await owned(id: id, by: principal)
        guard change != FileChange() else { return record }
        guard let changed = try await index.update(id: id, change: change, at: clock.now()) else {
            throw ServerError.notFound("file")
        }
        return changed
    }

    /// Removes the caller's record and, if no other record has them, its bytes.
    package func delete(id: String, by principal: Principal) async throws {
        try principal.require(.filesWrite)
        _ = try await owned(id: id, by: principal)
        try await delete(id: id)
    }

    /// Removes a record and, if no other record has them, its bytes.
    func delete(id: String) async throws {
        guard let record = try await index.delete(id: id) else { return }
        try await removeBytes(of: record)
    }

    private func removeBytes(of record: FileRecord) async throws {
        guard let blob = record.blob else { return }
        try await guards.withExclusive(BlobGuards.key(team: record.teamID, digest: blob.digest)) {
            if try await !index.isReferenced(blobKey: blob.key) { try await blobs.remove(blob.key) }
        }
    }

    /// Removes what nobody can see any more: files whose time is over, with their bytes, and records whose bytes never
    /// came. Gives how many.
    package func sweep(at now: Timestamp) async throws -> Int {
        var count = 0
        while true {
            let gone = try await index.removeExpired(
                at: now, pendingBefore: now.advanced(bySeconds: -limits.pendingLifetime), limit: limits.sweepBatch)
            for record in gone { try await removeBytes(of: record) }
            count += gone.count
            guard gone.count >= limits.sweepBatch else { return count }
        }
    }

    /// A page of the caller's records, newest first unless told.
    package func list(_ request: CursorListRequest, for principal: Principal) async throws -> RecordPage<FileRecord> {
        try principal.require(.filesRead)
        var query = try pages.query(request, teamID: principal.team.id, of: FileRecord.self)
        query.aliveAt = clock.now()
        return try await pages.page(query) { try await index.list($0) }
    }
}
