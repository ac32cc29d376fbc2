// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import FerryWire
import NIOCore
import NIOHTTP1

/// One connection of a chat's stream. Dropping it closes it.
actor ChatConnection {
    private var body: HTTPClientResponse.Body.AsyncIterator
    private var decoder: LineDecoder
    private let address: WebAddress

    private init(_ response: HTTPClientResponse, _ address: WebAddress, maximumLineLength: Int) {
        body = response.body.makeAsyncIterator()
        decoder = LineDecoder(maximumLineLength: maximumLineLength)
        self.address = address
    }

    /// Opens the stream of a chat.
    ///
    /// - Throws: ``FerryError`` and `CancellationError`.
    static func open(
        chat id: String, maximumLineLength: Int, on transport: Transport
    ) async throws -> ChatConnection {
        let address = transport.base.appending(path: Routes.chatStream.path(id))
        var request = Transport.Request(method: .GET, address: address, isAuthorized: true)
        request.headers.add(name: "Accept", value: "application/x-ndjson")
        request.headers.add(name: "Accept-Encoding", value: "identity")
        request.headers.add(name: "Cache-Control", value: "no-cache")
        let response = try await transport.send(request)
        guard response.status.code == 200 else {
            let failure = await transport.failure(response, from: address)
            try Task.checkCancellation()
            throw failure
        }
        return ChatConnection(response, address, maximumLineLength: maximumLineLength)
    }

    /// The lines that come next, perhaps none of them whole; nil at the end of the connection.
    ///
    /// - Throws: ``FerryError`` (`limitExceeded` for a line that is too long, and what concerns the connection) and
    ///   `CancellationError`.
    func lines() async throws -> [[UInt8]]? {
        do {
            var body = body
            let chunk = try await body.next(isolation: #isolation)
            self.body = body
            guard let chunk else {
                // A server may leave out the last line's end; half a line is no JSON.
                let rest = decoder.finish().flatMap { (try? JSONValue(parsing: $0)) == nil ? nil : $0 }
                return rest.map { [$0] }
            }
            return try decoder.decode(chunk.readableBytesView)
        } catch let error as LineDecoder.LineTooLong {
            throw FerryError(
                .limitExceeded,
                "\(address.host) sent a line of more than \(error.limit) bytes, the limit (maximumLineLength); "
                    + "read the chat's messages instead", underlying: error)
        } catch {
            try Task.checkCancellation()
            throw FerryError.transport(error, to: address)
        }
    }
}
