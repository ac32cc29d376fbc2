// SPDX-License-Identifier: Apache-2.0

internal import FerrySigning
internal import FerryWire

/// Gives out the bytes of files.
package struct DownloadService: Sendable {
    private let files: FileService
    private let links: LinkService

    package init(files: FileService, links: LinkService) {
        self.files = files
        self.links = links
    }

    /// A file open for reading.
    package struct Download: Sendable {
        package let record: FileRecord
        package let digest: BlobDigest
        package let reader: any BlobReader
    }

    /// Opens the file behind a content link.
    ///
    /// - Parameters:
    ///   - path: as it came; only the canonical form works.
    ///   - query: as it came; nil for a public file's link.
    package func open(id: String, path: String, query: String?) async throws -> Download {
        if let query { _ = try links.verify(.content, path: path, query: query, id: id) }
        let record = try await files.record(id: id)
        guard query != nil || record?.isPublic == true else {
            // The same for a private file and for none: without a signature nobody learns which.
            throw ServerError(.signatureInvalid, "this link needs its signature; use the link as it was given")
        }
        guard let record, let blob = record.blob, query != nil || Self.isPath(path, of: record)
        else { throw ServerError.notFound("file") }
        return try await open(record, blob)
    }

    /// Whether an unsigned path is the file's own. A signed one was made by us, under whatever name the file had then.
    private static func isPath(_ path: String, of record: FileRecord) -> Bool {
        // The link given with a new record stays good when the bytes then tell a better type.
        [record.contentType, MediaType.octetStream.description].contains {
            path == LinkService.contentPath(id: record.id, filename: record.filename, contentType: $0)
        }
    }

    /// Opens a record's bytes for the server's own side.
    package func open(_ record: FileRecord) async throws -> Download {
        guard let blob = record.blob else {
            throw ServerError(.conflict, "the file's bytes have not been uploaded yet")
        }
        return try await open(record, blob)
    }

    private func open(_ record: FileRecord, _ blob: BlobReference) async throws -> Download {
        guard let reader = try await files.blobs.open(blob.key) else {
            throw ServerError(.internalError, "the bytes of file \(record.id) are missing from the store")
        }
        guard reader.size == blob.digest.size else {
            await reader.close()
            throw ServerError(.internalError, "the bytes of file \(record.id) have another size than recorded")
        }
        return Download(record: record, digest: blob.digest, reader: reader)
    }
}
