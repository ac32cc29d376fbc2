// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A small HTTP/1.1 server whose answers a test scripts.
final class CacheServer: Sendable {
    /// A request as it came.
    struct Request: Sendable {
        var path: String
        var query: String
        var headers: HTTPHeaders
        /// How many requests came before.
        var earlier: Int
    }

    /// What to do with a request.
    enum Reply: Sendable {
        case answer(Int, [(String, String)] = [], [UInt8] = [])
        /// Declares a length, sends fewer bytes and closes; or stays silent.
        case cut(declared: Int, [(String, String)] = [], [UInt8], status: Int = 200, isOpen: Bool = false)
    }

    typealias Script = @Sendable (Request) -> Reply

    private let requestList = Mutex<[Request]>([])
    private let channel: Mutex<(any Channel)?> = Mutex(nil)
    private let script: Script

    private init(_ script: @escaping Script) { self.script = script }

    /// Runs the body with a server, which is closed afterwards.
    static func with<Success>(
        _ script: @escaping Script, _ body: (CacheServer) async throws -> Success
    ) async throws -> Success {
        let server = CacheServer(script)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(server))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        server.channel.withLock { $0 = channel }
        do {
            let success = try await body(server)
            try await channel.close()
            return success
        } catch {
            try? await channel.close()
            throw error
        }
    }

    var port: Int { channel.withLock { $0?.localAddress?.port ?? 0 } }
    var url: String { "http://127.0.0.1:\(port)" }
    var requests: [Request] { requestList.withLock { $0 } }

    fileprivate func reply(_ head: HTTPRequestHead) -> Reply {
        let parts = head.uri.split(separator: "?", maxSplits: 1).map(String.init)
        let request = requestList.withLock { list in
            let request = Request(
                path: parts[0], query: parts.count > 1 ? parts[1] : "", headers: head.headers, earlier: list.count)
            list.append(request)
            return request
        }
        return script(request)
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let server: CacheServer
        private var head: HTTPRequestHead?

        init(_ server: CacheServer) { self.server = server }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): self.head = head
            case .body: break
            case .end:
                guard let head else { return }
                send(server.reply(head), context)
            }
        }

        private func send(_ reply: Reply, _ context: ChannelHandlerContext) {
            switch reply {
            case .answer(let status, let fields, let body):
                var headers = HTTPHeaders(fields)
                if status != 304 { headers.replaceOrAdd(name: "Content-Length", value: "\(body.count)") }
                write(status, headers, body, context)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            case .cut(let declared, let fields, let body, let status, let isOpen):
                var headers = HTTPHeaders(fields)
                headers.replaceOrAdd(name: "Content-Length", value: "\(declared)")
                write(status, headers, body, context)
                let channel = context.channel
                if !isOpen {
                    channel.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(20)) {
                        channel.close(promise: nil)
                    }
                }
            }
        }

        private func write(_ status: Int, _ headers: HTTPHeaders, _ body: [UInt8], _ context: ChannelHandlerContext) {
            let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: headers)
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            if !body.isEmpty {
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
            }
            context.flush()
        }
    }
}
