// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryWire
import NIOCore
import NIOPosix

extension FileCache {
    /// Bytes of a data URI decoded at once.
    private static let pieceLength = 256 << 10

    /// Decodes a data URI, a piece at a time. The caller has the lock.
    func decode(_ request: Request, _ header: DataURI.Header) async throws -> CachedFile {
        try await withPart { part in
            try await threads.runIfActive { [self] in try decode(request.address.text, header, into: part) }
            let record = CacheRecord(
                sha256: part.digest.hexadecimal, size: part.size, contentType: header.mediaType.description,
                filename: request.address.filename, validated: now(), freshFor: nil, variants: [request.variant],
                shown: request.address.shown)
            return try await commit(part, record, key: request.key)
        }
    }

    /// Blocks.
    private func decode(_ uri: String, _ header: DataURI.Header, into part: PartFile) throws {
        var text = uri
        text.makeContiguousUTF8()
        var decoder = DataURIDecoder(header, maximumSize: Int(clamping: limits.maximumFileSize))
        var rest = text.utf8.dropFirst(header.payloadOffset)
        do {
            while !rest.isEmpty {
                let piece = rest.prefix(Self.pieceLength)
                rest = rest.dropFirst(piece.count)
                try appendNow(ByteBuffer(bytes: try decoder.decode(piece)), to: part)
            }
            try appendNow(ByteBuffer(bytes: try decoder.finish()), to: part)
        } catch let error as DataURI.Invalid {
            throw AppFailure("a file's data URI cannot be read: \(error.reason)", code: .invalidInput)
        }
    }

    /// Fetches a file by its `inf://` address with the environment's key. The caller has the lock.
    func fetchStored(_ request: Request, _ uri: FileURI) async throws -> CachedFile {
        do {
            let configuration = try request.configuration ?? configuration()
            return try await withFerry(configuration: configuration) { ferry in
                let file = try await ferry.files.get(uri.id)
                if let known = try await self.known(file, request) { return known }
                return try await self.withPart { part in
                    for try await chunk in ferry.files.downloadStream(file) {
                        let size = part.size + Int64(chunk.count)
                        guard size <= limits.maximumFileSize else {
                            throw AppFailure(
                                "the file is larger than \(limits.maximumFileSize) bytes, the limit (maximumFileSize)",
                                code: .fileTooLarge)
                        }
                        try await append(ByteBuffer(bytes: chunk), to: part)
                    }
                    let record = stored(file, part.digest.hexadecimal, part.size, request)
                    return try await commit(part, record, key: request.key)
                }
            }
        } catch let error as FerryError {
            throw AppFailure(error.message, code: Self.code(error), cause: error)
        }
    }

    /// The bytes of a record, if the digest it names is here already.
    private func known(_ file: FileDTO, _ request: Request) async throws -> CachedFile? {
        guard let sha256 = file.sha256?.lowercased(), CacheFolder.isKey(sha256), file.uploadURL.isEmpty else {
            return nil
        }
        let record = stored(file, sha256, file.size, request)
        return try await threads.runIfActive { [self] in
            guard let found = try open(record, wasCached: true) else { return nil }
            try keep(record, key: request.key)
            return found
        }
    }

    private func stored(_ file: FileDTO, _ sha256: String, _ size: Int64, _ request: Request) -> CacheRecord {
        let name = file.filename.isEmpty ? request.address.filename : Filename.safe(file.filename)
        let type = MediaType(file.contentType) ?? MediaType(filename: name) ?? .octetStream
        return CacheRecord(
            sha256: sha256, size: size, contentType: type.description, filename: name, validated: now(),
            freshFor: limits.freshness, variants: [request.variant], shown: request.address.shown)
    }

    private static func code(_ error: FerryError) -> AppFailure.Code {
        switch error.code {
        case .notFound: .fileNotFound
        case .timeout: .fileTimedOut
        case .integrity: .fileDamaged
        case .tooLarge, .limitExceeded: .fileTooLarge
        default: error.isRetryable ? .fileUnreachable : .fileRefused
        }
    }
}
