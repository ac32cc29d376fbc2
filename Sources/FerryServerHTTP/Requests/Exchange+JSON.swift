// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

extension Exchange {
    /// The body as JSON; an empty body counts as `{}`.
    ///
    /// Memory for it is taken first, all at once: who took it piece by piece could wait for others who do, too.
    /// - Throws: ``ServerError``, `JSONSyntaxError`.
    func json() async throws -> JSONValue {
        let limits = services.limits
        if let coding = request.headers[.contentEncoding], coding.lowercased() != "identity" {
            throw ServerError(.unsupportedMediaType, "this server takes no compressed bodies; send it as it is")
        }
        let length = request.headers[.contentLength].flatMap { Int($0) }
        guard length ?? 0 <= limits.maximumRequestBody else { throw tooLarge }
        let isSmall = length ?? 0 <= limits.smallRequestBody
        let room = length ?? limits.smallRequestBody
        // Once as it comes, once parsed, and a few values.
        try await reserve(2 * room + Self.ordinaryCost, isSmall: isSmall)
        try await context.wantBody()
        let bytes = try await wholeBody(room: room, expected: length ?? 0)
        guard try await context.boundary().hasEnded else {
            throw ServerError(.incompleteBody, "the request body ended too early")
        }
        guard !bytes.allSatisfy({ $0 == 0x20 || (0x09...0x0D).contains($0) }) else { return [:] }
        let cost = JSONCost.estimate(bytes)
        let extra = cost - room - Self.ordinaryCost
        if extra > 0 { try await reserve(extra, isSmall: isSmall && bytes.count <= room) }
        return try JSONValue(
            parsing: bytes,
            limits: JSONLimits(maximumBytes: limits.maximumRequestBody, maximumDepth: limits.maximumRequestDepth))
    }

    /// Bytes for the values of most bodies, beside their text.
    private static let ordinaryCost = 16 << 10

    private var tooLarge: ServerError {
        ServerError(
            .payloadTooLarge,
            "the request body is larger than \(services.limits.maximumRequestBody) bytes; upload large values as files")
    }

    private func wholeBody(room: Int, expected: Int) async throws -> [UInt8] {
        let limits = services.limits
        var bytes: [UInt8] = []
        bytes.reserveCapacity(expected)
        var room = room
        let began = ContinuousClock.now
        do {
            for try await chunk in request.body {
                let size = bytes.count + chunk.readableBytes
                guard size <= limits.maximumRequestBody else { throw tooLarge }
                if size > room {
                    // It came in chunks and is no small one.
                    room = limits.maximumRequestBody
                    try await reserve(2 * room, isSmall: false)
                }
                let seconds = (ContinuousClock.now - began).components.seconds
                guard seconds < 10 || Int64(size) >= seconds * limits.minimumRequestRate else { throw Self.tooSlow }
                bytes.append(contentsOf: chunk.readableBytesView)
            }
        } catch let error as ServerError {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            throw ServerError(.incompleteBody, "the request body could not be read to its end", cause: error)
        }
        return bytes
    }

    /// It holds memory that others wait for.
    private static let tooSlow = ServerError(.tooSlow, "the request's body came too slowly; send it again")

    /// The body as a request of that type.
    func body<Body: JSONConvertible>(_ type: Body.Type) async throws -> Body {
        let json = try await json()
        return try Body(json: json)
    }
}
