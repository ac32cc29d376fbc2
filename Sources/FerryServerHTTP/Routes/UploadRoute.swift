// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// Takes a file's bytes under a signed link.
enum UploadRoute {
    static func put(_ exchange: Exchange) async throws -> Response {
        let headers = exchange.request.headers
        var digests: [String] = []
        for header in [headers[.contentDigest], headers[.reprDigest]].compactMap({ $0 }) {
            if let digest = try DigestHeader.sha256(in: header) { digests.append(digest) }
        }
        let length = try headers[.contentLength].map { text in
            guard let length = Int64(text), length >= 0 else {
                throw ServerError(.invalidRequest, "malformed Content-Length")
            }
            return length
        }
        let head = UploadService.Head(
            id: try exchange.parameter("id"), path: exchange.path, query: exchange.query ?? "",
            contentLength: length, contentType: headers[.contentType], digests: digests)
        let ticket = try await exchange.services.uploads.admit(head)
        try await exchange.context.wantBody()
        let body = CompleteBody(body: exchange.request.body, boundary: try await exchange.context.boundary())
        let record = try await exchange.services.uploads.receive(ticket, body: body)
        var response = exchange.answer(try exchange.filePresenter().present(record).json)
        if let digest = record.blob?.digest {
            response.headers[.eTag] = ContentRoute.entityTag(digest)
            response.headers[.reprDigest] = DigestHeader.value(sha256: digest.sha256)
        }
        return response
    }
}

/// A request's body that throws when it ends before the request does.
struct CompleteBody: AsyncSequence {
    typealias Failure = any Error
    let body: RequestBody
    let boundary: RequestBoundary

    func makeAsyncIterator() -> Iterator { Iterator(inner: body.makeAsyncIterator(), boundary: boundary) }

    struct Iterator: AsyncIteratorProtocol {
        var inner: RequestBody.AsyncIterator
        let boundary: RequestBoundary

        mutating func next(isolation actor: isolated (any Actor)?) async throws -> ByteBuffer? {
            let incomplete = "the body ended before the request did; send it again"
            do {
                if let chunk = try await inner.next(isolation: actor) { return chunk }
            } catch let error as CancellationError {
                throw error
            } catch let error as ServerError {
                throw error
            } catch {
                throw ServerError(.incompleteBody, incomplete, cause: error)
            }
            guard boundary.hasEnded else { throw ServerError(.incompleteBody, incomplete) }
            return nil
        }
    }
}
