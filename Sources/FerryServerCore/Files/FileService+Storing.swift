// SPDX-License-Identifier: Apache-2.0

package import FerryWire
package import NIOCore

extension FileService {
    /// Writes a stream of bytes, checks what came, and commits it, in that order.
    ///
    /// - Parameters:
    ///   - check: looks at size and digest; throwing drops the bytes.
    ///   - commit: makes a record say that the bytes are there, while no deletion can race it. Bytes that no record
    ///     says are dropped again.
    func store<Result: Sendable>(
        _ body: some AsyncSequence<ByteBuffer, any Error>, expectedSize: Int64?, team: String, maximumSize: Int64,
        check: (BlobDigest) throws -> Void, commit: (BlobReference) async throws -> Result
    ) async throws -> Result {
        let writer = try await blobs.begin(team: team, expectedSize: expectedSize)
        do {
            var received: Int64 = 0
            for try await chunk in body {
                received += Int64(chunk.readableBytes)
                guard received <= maximumSize else { throw UploadService.tooLarge(maximumSize) }
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

    /// Gives a pending record its bytes; the same bytes again change nothing.
    func complete(_ record: FileRecord, with blob: BlobReference, contentType: String?) async throws -> FileRecord {
        // The declared type stands; one that says nothing gives way to the one that came with the bytes.
        var type = record.contentType
        if type == MediaType.octetStream.description, let given = contentType.flatMap({ MediaType($0) }) {
            type = given.description
        }
        let now = clock.now()
        if let ready = try await index.complete(id: record.id, blob: blob, contentType: type, at: now) { return ready }
        guard let present = try await index.file(id: record.id), let existing = present.blob else {
            throw ServerError.notFound("file")
        }
        guard existing.digest == blob.digest else { throw UploadService.otherBytes }
        // A store that does not share equal bytes has them twice now.
        if existing.key != blob.key { await drop(blob) }
        return present
    }

    /// Stores bytes that come from the server's own side, with a ready record.
    ///
    /// - Parameter expectedSize: if given, exactly as many bytes must come.
    package func storeNew(
        _ body: some AsyncSequence<ByteBuffer, any Error>, file: PartialFile, owner: Principal
    ) async throws -> FileRecord {
        let record = try record(for: file, category: "", owner: owner, place: "")
        return try await store(
            body, expectedSize: file.size, team: record.teamID, maximumSize: limits.maximumFileSize
        ) { digest in
            guard file.size == nil || file.size == digest.size else {
                throw ServerError(.incompleteBody, "\(digest.size) bytes came of a file of \(file.size ?? 0)")
            }
        } commit: { blob in
            var ready = record
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
