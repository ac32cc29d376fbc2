// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// One request on its way to its answer, with what every route needs.
struct Exchange: Sendable {
    let request: Request
    let context: FerryRequestContext
    let server: ServerState
    /// The path as it came, without the query.
    let path: String
    /// The query as it came, without `?`; nil if there is none.
    let query: String?
    /// How the answer is wrapped.
    let envelope: Envelope

    init(request: Request, context: FerryRequestContext, server: ServerState) {
        self.request = request
        self.context = context
        self.server = server
        let target = request.head.path ?? "/"
        if let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) {
            path = String(target[..<mark])
            query = String(target[target.utf8.index(after: mark)...])
        } else {
            path = target
            query = nil
        }
        envelope = Envelope(
            apiVersion: request.headers[.apiVersion], isProxied: request.headers[.proxyMarker] != nil)
    }

    var services: ServerServices { server.services }

    /// A parameter of the route's path, percent-decoded.
    func parameter(_ name: String) throws -> String {
        guard let raw = context.parameters.get(name), let decoded = PercentEncoding.decode(raw) else {
            throw ServerError.notFound("resource")
        }
        return decoded
    }

    /// Who asks.
    func principal() async throws -> Principal {
        try await services.access.authenticate(authorization: request.headers[.authorization])
    }

    /// Presents files with links that begin with the address the caller used.
    func filePresenter() throws -> FilePresenter {
        FilePresenter(links: services.links, base: try server.base(for: request.head))
    }

    /// Presents tasks with links that begin with the address the caller used.
    func taskPresenter() throws -> TaskPresenter {
        TaskPresenter(files: try filePresenter(), limits: services.limits)
    }

    /// The body as JSON; an empty body counts as `{}`.
    func json() async throws -> JSONValue {
        let limits = services.limits
        let tooLarge = ServerError(
            .payloadTooLarge,
            "the request body is larger than \(limits.maximumRequestBody) bytes; upload large values as files")
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limits.maximumRequestBody {
            throw tooLarge
        }
        var bytes: [UInt8] = []
        try await context.sendContinue()
        do {
            for try await chunk in request.body {
                guard bytes.count + chunk.readableBytes <= limits.maximumRequestBody else { throw tooLarge }
                bytes.append(contentsOf: chunk.readableBytesView)
            }
        } catch let error as ServerError {
            throw error
        } catch {
            throw ServerError(.incompleteBody, "the request body could not be read to its end", cause: error)
        }
        guard try await context.boundary().hasEnded else {
            throw ServerError(.incompleteBody, "the request body ended too early")
        }
        guard !bytes.allSatisfy({ $0 == 0x20 || (0x09...0x0D).contains($0) }) else { return [:] }
        return try JSONValue(
            parsing: bytes,
            limits: JSONLimits(maximumBytes: limits.maximumRequestBody, maximumDepth: limits.maximumRequestDepth))
    }

    /// The body as a request of that type.
    func body<Body: JSONConvertible>(_ type: Body.Type) async throws -> Body { try Body(json: try await json()) }

    /// An answer that wraps a value as the caller's generation wants it.
    func answer(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
        let bytes = envelope.wrap(value, status: status.code).serialized()
        return Response(
            status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

extension HTTPField.Name {
    // The names are constant and well-formed, so making them cannot fail.
    static let apiVersion = Self("X-API-Version")!
    static let hostField = Self("Host")!
    static let proxyMarker = Self("x-inf-proxy")!
    static let contentDigest = Self("Content-Digest")!
    static let reprDigest = Self("Repr-Digest")!
    static let contentSecurityPolicy = Self("Content-Security-Policy")!
    static let crossOriginResourcePolicy = Self("Cross-Origin-Resource-Policy")!
    static let contentTypeOptions = Self("X-Content-Type-Options")!
}
