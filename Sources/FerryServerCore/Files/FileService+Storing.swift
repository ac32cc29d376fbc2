// SPDX-License-Identifier: Apache-2.0

package import FerryWire
package import NIOCore

extension FileService {
    /// Writes a stream of bytes, checks what came, and commits it, in that order.
    ///
    /// - Parameters:
    ///   - sample: keeps the first bytes, if they are to be looked at.
    ///   - check: looks at size and digest; throwing drops the bytes.
    ///   - commit: makes a record say that the bytes are there, while no deletion can race it. Bytes that no record
    ///     says are dropped again.
    func store<Result: Sendable>(
        _ body: some AsyncSequence<ByteBuffer, any Error>, sample: HeadSample?, expectedSize: Int64?, team: String,
        maximumSize: Int64, check: (BlobDigest) throws -> Void, commit: (BlobReference) async throws -> Result
    ) async throws -> Result {
        let writer = try await blobs.begin(team: team, expectedSize: expectedSize)
        do {
            var received: Int64 = 0
            for try await chunk in body {
                received += Int64(chunk.readableBytes)
                guard received <= maximumSize else { throw UploadService.tooLarge(maximumSize) }
                sample?.take(chunk.readableBytesView)
                try await writer.write(chunk)
            }
            let digest = try await writer.finish()
            try check(digest)
            return try await guards.withExclusive(BlobGuards.key(team: team, digest: digest)) {
                let blob = try await writer.commit()
                do {
                    return try await commit(blob)
                } catch {
                    await drop(blob)
                    throw error
                }
            }
        } catch {
            await writer.abort()
            throw error
        }
    }

    /// Removes just-committed bytes, unless a record names them.
    private func drop(_ blob: BlobReference) async {
        let (index, blobs) = (index, blobs)
        // Must run though the caller may be gone, else bytes stay that no record names.
        await Task {
            guard let used = try? await index.isReferenced(blobKey: blob.key), !used else { return }
            try? await blobs.remove(blob.key)
        }.value
    }

    /// Something to keep the first bytes in, if what was said of a record leaves its media type open.
    func sample(for record: FileRecord, contentType: String?) -> HeadSample? {
        let isOpen = record.hasGuessedType || FileTypeRules.given(record.contentType) == nil
        guard isOpen, FileTypeRules.header(contentType) == nil else { return nil }
        return HeadSample(limit: limits.typeDetectionLength)
    }

    /// The media type of a record whose bytes came.
    ///
    /// - Parameters:
    ///   - given: the type that came with the bytes.
    ///   - head: the first bytes, if they are to be looked at.
    private func mediaType(of record: FileRecord, given: String?, head: [UInt8]) async -> MediaType {
        if !record.hasGuessedType, let declared = FileTypeRules.given(record.contentType) { return declared }
        if let given = FileTypeRules.header(given) { return given }
        var content: MediaType?
        // A detector that fails is one that knows nothing.
        if !head.isEmpty { content = try? await detector.mediaType(ofBytes: head) }
        return FileTypeRules.settled(content: content, head: head, filename: record.filename)
    }

    /// Gives a pending record its bytes; the same bytes again change nothing.
    func complete(
        _ record: FileRecord, with blob: BlobReference, contentType: String?, head: [UInt8]
    ) async throws -> FileRecord {
        let type = await mediaType(of: record, given: contentType, head: head).description
        let now = clock.now()
        if let ready = try await index.complete(id: record.id, blob: blob, contentType: type, at: now) { return ready }
        guard let present = try await self.record(id: record.id), let existing = present.blob else {
            throw ServerError.notFound("file")
        }
        guard existing.digest == blob.digest else { throw UploadService.otherBytes }
        // A store that does not share equal bytes has them twice now.
        if existing.key != blob.key { await drop(blob) }
        return present
    }

    /// Stores bytes that come from the server's own side, with a ready record.
    ///
    /// - Parameters:
    ///   - id: the record's id; nil for a new one.
    ///   - file: its size, if given, is how many bytes must come.
    package func storeNew(
        _ body: some AsyncSequence<ByteBuffer, any Error>, id: String? = nil, file: PartialFile, owner: Principal
    ) async throws -> FileRecord {
        var described = try record(for: file, category: "", owner: owner, place: "")
        if let id { described.id = id }
        let record = described
        return try await storeNew(body, expectedSize: file.size, team: record.teamID) { record }
    }

    /// Stores bytes with a ready record that is described when all of them have come.
    ///
    /// - Parameter describe: throwing drops the bytes.
    func storeNew(
        _ body: some AsyncSequence<ByteBuffer, any Error>, expectedSize: Int64?, team: String,
        describe: () throws -> FileRecord
    ) async throws -> FileRecord {
        let sample = HeadSample(limit: limits.typeDetectionLength)
        var described: FileRecord?
        return try await store(
            body, sample: sample, expectedSize: expectedSize, team: team, maximumSize: limits.maximumFileSize
        ) { digest in
            let record = try describe()
            guard record.declaredSize == nil || record.declaredSize == digest.size else {
                throw ServerError(
                    .incompleteBody, "\(digest.size) bytes came of a file of \(record.declaredSize ?? 0)")
            }
            described = record
        } commit: { blob in
            guard var ready = described else { throw ServerError(.internalError, "a file without a record") }
            ready.contentType = await mediaType(of: ready, given: nil, head: sample.bytes).description
            ready.hasGuessedType = false
            ready.blob = blob
            try await index.insert([ready])
            return ready
        }
    }
}

/// The bytes of a blob, a chunk at a time.
package struct BlobChunks: AsyncSequence, Sendable {
    package typealias Failure = any Error
    private let reader: any BlobReader
    private let range: Range<Int64>
    private let chunkSize: Int

    /// The chunks of a range, each of at most `chunkSize` bytes.
    package init(_ reader: any BlobReader, range: Range<Int64>, chunkSize: Int) {
        self.reader = reader
        self.range = range
        self.chunkSize = chunkSize
    }

    package func makeAsyncIterator() -> Iterator {
        Iterator(reader: reader, offset: range.lowerBound, end: range.upperBound, chunkSize: chunkSize)
    }

    package struct Iterator: AsyncIteratorProtocol {
        let reader: any BlobReader
        var offset: Int64
        let end: Int64
        let chunkSize: Int

        /// - Throws: ``ServerError`` if the bytes end too early; then the answer must be cut, not ended.
        package mutating func next() async throws -> ByteBuffer? {
            guard offset < end else { return nil }
            let length = Int(Swift.min(Int64(chunkSize), end - offset))
            let chunk = try await reader.read(at: offset, maximumLength: length)
            guard chunk.readableBytes > 0 else {
                throw ServerError(.internalError, "stored bytes are shorter than recorded")
            }
            offset += Int64(chunk.readableBytes)
            return chunk
        }
    }
}
