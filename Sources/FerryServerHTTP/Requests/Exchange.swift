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
    /// What the body takes up, until the answer is made.
    private let memory: BodyMemory.Share
    private let smallMemory: BodyMemory.Share

    init(request: Request, context: FerryRequestContext, server: ServerState) {
        self.request = request
        self.context = context
        self.server = server
        memory = server.bodyMemory.share()
        smallMemory = server.smallBodyMemory.share()
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

    /// Presents chats with links that begin with the address the caller used.
    func chatPresenter() throws -> ChatPresenter {
        ChatPresenter(files: try filePresenter(), limits: services.limits)
    }

    /// Gives back what the body took up, before a long wait for which nothing of it is needed.
    func releaseBody() {
        memory.release()
        smallMemory.release()
    }

    /// Takes memory for a body before it is read; those of a moderate size do not wait for large ones.
    func reserve(_ bytes: Int, isSmall: Bool) async throws {
        try await (isSmall ? smallMemory : memory).grow(by: bytes)
    }

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
