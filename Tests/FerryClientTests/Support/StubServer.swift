// SPDX-License-Identifier: Apache-2.0

import Crypto
import FerryWire
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A request as the stub server got it.
struct StubRequest: Sendable {
    var method: String
    /// Path without query.
    var path: String
    var query: String
    var headers: HTTPHeaders
    /// The first bytes of the body, up to ``keptBytes``.
    var body: [UInt8] = []
    var bodySize = 0
    var bodyDigest: [UInt8] = []
    /// How many requests with the same method and path came before.
    var earlier = 0

    static let keptBytes = 1 << 20

    var json: JSONValue? { try? JSONValue(parsing: body) }
}

/// What the stub server does with a request.
enum StubReply: Sendable {
    case respond(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = [])
    /// Declares a length, sends fewer bytes, closes.
    case truncated(declared: Int, headers: HTTPHeaders = [:], body: [UInt8], status: Int = 200)
    /// Chunks, then the end; or silence if it stays open.
    case chunks([[UInt8]], headers: HTTPHeaders = [:], staysOpen: Bool = false)
    /// Closes the connection by a reset.
    case reset
    /// Says nothing and reads nothing more, not even that the client goes.
    case silence
    /// Says nothing, but reads on.
    case noAnswer

    static func json(_ value: JSONValue, status: Int = 200, headers: HTTPHeaders = [:]) -> StubReply {
        var headers = headers
        headers.replaceOrAdd(name: "Content-Type", value: "application/json")
        return .respond(status: status, headers: headers, body: value.serialized())
    }

    static func problem(_ status: Int, _ code: String, _ detail: String, headers: HTTPHeaders = [:]) -> StubReply {
        .json(
            ProblemDetails(status: status, code: code, title: code, detail: detail).json, status: status,
            headers: headers)
    }
}

/// A small HTTP/1.1 server whose answers a test scripts.
final class StubServer: Sendable {
    typealias Script = @Sendable (StubRequest, StubServer) async -> StubReply
    /// Decides at the head of a request, before its body; nil to wait for the body.
    typealias HeadScript = @Sendable (StubRequest, StubServer) -> StubReply?

    private struct State {
        var requests: [StubRequest] = []
        var openConnections = 0
        var connections = 0
        var bytesReceived = 0
        var counts: [String: Int] = [:]
    }

    private let state = Mutex(State())
    private let channel: Mutex<(any Channel)?> = Mutex(nil)
    fileprivate let script: Script
    fileprivate let headScript: HeadScript

    private init(script: @escaping Script, headScript: @escaping HeadScript) {
        self.script = script
        self.headScript = headScript
    }

    static func start(
        host: String = "127.0.0.1", port: Int = 0, atHead: @escaping HeadScript = { _, _ in nil },
        _ script: @escaping Script
    ) async throws -> StubServer {
        let server = StubServer(script: script, headScript: atHead)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: false)
                    try channel.pipeline.syncOperations.addHandler(StubHandler(server))
                }
            }
            .bind(host: host, port: port).get()
        server.channel.withLock { $0 = channel }
        return server
    }

    var port: Int { channel.withLock { $0?.localAddress?.port ?? 0 } }
    var url: String { "http://127.0.0.1:\(port)" }

    func stop() async throws { try await channel.withLock { $0 }?.close() }

    var requests: [StubRequest] { state.withLock { $0.requests } }
    var openConnections: Int { state.withLock { $0.openConnections } }
    var connections: Int { state.withLock { $0.connections } }
    var bytesReceived: Int { state.withLock { $0.bytesReceived } }

    func requests(_ method: String, _ path: String) -> [StubRequest] {
        requests.filter { $0.method == method && $0.path == path }
    }

    fileprivate func opened() {
        state.withLock {
            $0.openConnections += 1
            $0.connections += 1
        }
    }

    fileprivate func closed() { state.withLock { $0.openConnections -= 1 } }
    fileprivate func received(_ count: Int) { state.withLock { $0.bytesReceived += count } }
    fileprivate func record(_ request: StubRequest) { state.withLock { $0.requests.append(request) } }

    fileprivate func count(_ method: String, _ path: String) -> Int {
        state.withLock { state in
            defer { state.counts["\(method) \(path)", default: 0] += 1 }
            return state.counts["\(method) \(path)", default: 0]
        }
    }
}

private final class StubHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let server: StubServer
    private var request: StubRequest?
    private var hasher = SHA256()
    private var isAnswered = false

    init(_ server: StubServer) { self.server = server }

    func channelActive(context: ChannelHandlerContext) {
        server.opened()
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        server.closed()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            let parts = head.uri.split(separator: "?", maxSplits: 1).map(String.init)
            var request = StubRequest(
                method: head.method.rawValue, path: parts[0], query: parts.count > 1 ? parts[1] : "",
                headers: head.headers)
            request.earlier = server.count(request.method, request.path)
            self.request = request
            hasher = SHA256()
            isAnswered = false
            if let reply = server.headScript(request, server) {
                isAnswered = true
                server.record(request)
                perform(reply, on: context.channel)
            }
        case .body(var buffer):
            server.received(buffer.readableBytes)
            buffer.withUnsafeReadableBytes { hasher.update(bufferPointer: $0) }
            request?.bodySize += buffer.readableBytes
            let room = StubRequest.keptBytes - (request?.body.count ?? 0)
            if room > 0, let bytes = buffer.readBytes(length: min(room, buffer.readableBytes)) {
                request?.body += bytes
            }
        case .end:
            guard !isAnswered, var request else { return }
            request.bodyDigest = Array(hasher.finalize())
            server.record(request)
            let channel = context.channel
            let server = server
            let finished = request
            let promise = channel.eventLoop.makePromise(of: StubReply.self)
            promise.completeWithTask { await server.script(finished, server) }
            promise.futureResult.whenSuccess { reply in perform(reply, on: channel) }
        }
    }
}

private func perform(_ reply: StubReply, on channel: any Channel) {
    switch reply {
    case .respond(let status, var headers, let body):
        headers.replaceOrAdd(name: "Content-Length", value: "\(body.count)")
        write(status, headers, [body], on: channel, isWhole: true)
    case .truncated(let declared, var headers, let body, let status):
        headers.replaceOrAdd(name: "Content-Length", value: "\(declared)")
        write(status, headers, [body], on: channel, isWhole: false).whenComplete { _ in channel.close(promise: nil) }
    case .chunks(let chunks, let headers, let staysOpen):
        write(200, headers, chunks, on: channel, isWhole: !staysOpen)
    case .reset:
        guard let provider = channel as? any SocketOptionProvider else { return channel.close(promise: nil) }
        provider.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in channel.close(promise: nil) }
    case .noAnswer: break
    case .silence:
        channel.setOption(.autoRead, value: false).whenComplete { _ in }
    }
}

@discardableResult
private func write(
    _ status: Int, _ headers: HTTPHeaders, _ chunks: [[UInt8]], on channel: any Channel, isWhole: Bool
) -> EventLoopFuture<Void> {
    let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: headers)
    channel.write(HTTPServerResponsePart.head(head), promise: nil)
    for chunk in chunks where !chunk.isEmpty {
        channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: chunk))), promise: nil)
    }
    if isWhole { return channel.writeAndFlush(HTTPServerResponsePart.end(nil)) }
    let promise = channel.eventLoop.makePromise(of: Void.self)
    channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer())), promise: promise)
    return promise.futureResult
}
