// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// Gives out a file's bytes: whole or a range, conditionally, and never so that a browser would run them.
enum ContentRoute {
    static func entityTag(_ digest: BlobDigest) -> String { "\"\(digest.sha256)\"" }

    static func get(_ exchange: Exchange) async throws -> Response {
        let download = try await exchange.services.downloads.open(
            id: exchange.parameter("id"), path: exchange.path, query: exchange.query)
        do {
            return try await answer(exchange, download)
        } catch {
            await download.reader.close()
            throw error
        }
    }

    private static func answer(_ exchange: Exchange, _ download: DownloadService.Download) async throws -> Response {
        let request = exchange.request
        let size = download.digest.size
        var headers = self.headers(download, isSigned: exchange.query != nil)
        let preconditions = Preconditions(
            entityTag: entityTag(download.digest), lastModified: download.record.updatedAt)
        switch preconditions.evaluate(request.headers) {
        case .notModified:
            await download.reader.close()
            return Response(status: .notModified, headers: headers)
        case .failed:
            await download.reader.close()
            return Response(status: .preconditionFailed, headers: headers.withLength(0))
        case .proceed: break
        }
        let wanted =
            request.method == .get && preconditions.allowsRange(request.headers) ? request.headers[.range] : nil
        var range = 0..<size
        var status = HTTPResponse.Status.ok
        switch ByteRange(wanted, size: size) {
        case .whole: break
        case .part(let part):
            range = part
            status = .partialContent
            headers[.contentRange] = "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(size)"
        case .unsatisfiable:
            await download.reader.close()
            headers[.contentRange] = "bytes */\(size)"
            return Response(status: .rangeNotSatisfiable, headers: headers.withLength(0))
        }
        let length = range.upperBound - range.lowerBound
        headers = headers.withLength(length)
        guard request.method == .get, length > 0 else {
            await download.reader.close()
            return Response(status: status, headers: headers)
        }
        let sender = ContentSender(
            reader: download.reader, context: exchange.context, memory: exchange.server.sendMemory)
        let body = ResponseBody(contentLength: Int(length)) { [range] writer in
            do {
                try await sender.send(range)
                await download.reader.close()
            } catch {
                // The answer is cut, never ended: the client must not take it for whole.
                await download.reader.close()
                throw error
            }
            try await writer.finish(nil)
        }
        return Response(status: status, headers: headers, body: body)
    }

    private static func headers(_ download: DownloadService.Download, isSigned: Bool) -> HTTPFields {
        let record = download.record
        let type = MediaType(record.contentType) ?? .octetStream
        // Parameters can change how an active type is read, so those lose them.
        let shown = type.isActive ? type.essence : type.description
        return [
            .contentType: shown,
            .eTag: entityTag(download.digest),
            .lastModified: HTTPDate.format(record.updatedAt),
            .acceptRanges: "bytes",
            .contentDisposition: ContentDisposition.header(
                filename: Filename.offered(record.filename),
                isInline: !type.isActive && !Filename.isForWebServers(record.filename)),
            .cacheControl: isSigned ? "private, max-age=0, must-revalidate" : "public, max-age=0, must-revalidate",
            .reprDigest: DigestHeader.value(sha256: download.digest.sha256),
            .contentTypeOptions: "nosniff",
            .contentSecurityPolicy: "default-src 'none'; sandbox",
            .crossOriginResourcePolicy: "cross-origin",
        ]
    }
}

extension HTTPFields {
    fileprivate func withLength(_ length: Int64) -> HTTPFields {
        var copy = self
        copy[.contentLength] = String(length)
        return copy
    }
}
