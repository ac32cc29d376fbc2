// SPDX-License-Identifier: Apache-2.0

internal import FerrySigning
internal import FerryWire
package import NIOCore

/// Takes the bytes of files.
///
/// Bytes count as uploaded only when as many came as were announced and declared, their digest matches, they are
/// durable, and the record says so; never because a stream ended.
package struct UploadService: Sendable {
    let files: FileService
    private let links: LinkService

    package init(files: FileService, links: LinkService) {
        self.files = files
        self.links = links
    }

    /// What the head of a PUT says.
    package struct Head: Sendable {
        /// The file's id, from the path.
        package var id: String
        /// The path as it came.
        package var path: String
        /// The query as it came.
        package var query: String
        /// Announced length of the body; nil if it comes in chunks.
        package var contentLength: Int64?
        /// Media type; empty or nil if none.
        package var contentType: String?
        /// SHA-256 digests the uploader gave (RFC 9530), lower-case hexadecimal.
        package var digests: [String]

        package init(
            id: String, path: String, query: String, contentLength: Int64?, contentType: String?, digests: [String]
        ) {
            self.id = id
            self.path = path
            self.query = query
            self.contentLength = contentLength
            self.contentType = contentType
            self.digests = digests
        }
    }

    /// A checked upload, ready for its body.
    package struct Ticket: Sendable {
        let head: Head
        let record: FileRecord
        let maximumSize: Int64
    }

    /// Checks everything that can be checked before the body is read.
    package func admit(_ head: Head) async throws -> Ticket {
        let link = try links.verify(.upload, path: head.path, query: head.query, id: head.id)
        guard let record = try await files.record(id: head.id) else { throw ServerError.notFound("file") }
        let maximum = min(link.maximumSize ?? files.limits.maximumFileSize, files.limits.maximumFileSize)
        if let length = head.contentLength {
            guard length <= maximum else { throw Self.tooLarge(maximum) }
            if let declared = record.declaredSize, length != declared { throw Self.mismatch(length, declared) }
        }
        return Ticket(head: head, record: record, maximumSize: maximum)
    }

    /// Takes the body of an admitted upload.
    ///
    /// - Returns: the ready record. The same bytes again give the same record.
    package func receive(
        _ ticket: Ticket, body: some AsyncSequence<ByteBuffer, any Error>
    ) async throws -> FileRecord {
        let digestsGiven = ticket.head.digests
        // The bytes are looked at only if nobody said what they are.
        let sample = files.sample(for: ticket.record, contentType: ticket.head.contentType)
        return try await files.store(
            body, sample: sample, expectedSize: ticket.head.contentLength, team: ticket.record.teamID,
            maximumSize: ticket.maximumSize
        ) { digest in
            if let length = ticket.head.contentLength, digest.size != length {
                throw ServerError(
                    .incompleteBody, "the body ended after \(digest.size) of \(length) bytes; send it again")
            }
            if let declared = ticket.record.declaredSize, digest.size != declared {
                throw Self.mismatch(digest.size, declared)
            }
            guard digestsGiven.allSatisfy({ $0 == digest.sha256 }) else {
                throw ServerError(.digestMismatch, "the body does not have the digest given; send it again")
            }
            if let blob = ticket.record.blob, blob.digest != digest { throw Self.otherBytes }
        } commit: { blob in
            try await files.complete(
                ticket.record, with: blob, contentType: ticket.head.contentType, head: sample?.bytes ?? [])
        }
    }

    static func tooLarge(_ maximum: Int64) -> ServerError {
        ServerError(.payloadTooLarge, "the body is larger than the \(maximum) bytes this link allows")
    }

    private static func mismatch(_ actual: Int64, _ declared: Int64) -> ServerError {
        ServerError(
            actual > declared ? .payloadTooLarge : .sizeMismatch,
            "the body has \(actual) bytes, but the record declares \(declared); make a record with the right size")
    }

    static let otherBytes = ServerError(
        .conflict, "this file already has other bytes, which never change; make a new record")
}
