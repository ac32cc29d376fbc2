// SPDX-License-Identifier: Apache-2.0

import FerryFetch
import FerryServerCore
import FerryWeb
import FerryWire
import NIOCore
import NIOPosix
import Testing

@Suite struct WebDriverTests {
    /// Answers each connection with the same bytes.
    private static func serving<Result>(
        _ answer: String, _ body: (Int) async throws -> Result
    ) async throws -> Result {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Answering(answer: answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let result = try await body(channel.localAddress?.port ?? 0)
        try await channel.close()
        return result
    }

    private final class Answering: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let answer: String

        init(answer: String) { self.answer = answer }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let channel = context.channel
            channel.writeAndFlush(ByteBuffer(string: answer)).whenComplete { _ in channel.close(promise: nil) }
        }
    }

    private func driver(port: Int) -> WebDriver {
        var policy = FetchPolicy()
        policy.ports.insert(port)
        policy.allowedNetworks = [IPNetwork("127.0.0.0/8")].compactMap { $0 }
        return WebDriver(fetcher: GuardedFetcher(policy: policy))
    }

    private func code(_ body: () async throws -> Void) async -> ServerError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? ServerError)?.code
        }
    }

    @Test func `a forbidden address is a validation error before anything is opened`() {
        for url in ["http://127.0.0.1/", "file:///etc/passwd", "http://example.com:22/", "x"] {
            #expect(throws: ServerError.self) { try WebDriver().check(url) }
        }
        #expect(throws: Never.self) { try WebDriver().check("https://example.com/a.png?sig=1") }
    }

    @Test func `content comes with its type and name`() async throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
        try await Self.serving(answer) { port async throws in
            let found = try await driver(port: port).get("http://127.0.0.1:\(port)/greeting.txt")
            #expect(found.contentType == "text/plain")
            #expect(found.filename == "greeting.txt")
            #expect(found.length == 5)
            var text = ""
            for try await chunk in found.chunks { text += String(buffer: chunk) }
            #expect(text == "hello")
        }
    }

    @Test func `every failure is an error of the server's kind`() async throws {
        try await Self.serving("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n") { port async throws in
            let code = await code { _ = try await driver(port: port).get("http://127.0.0.1:\(port)/") }
            #expect(code == .validation)
        }
        try await Self.serving("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf") { port async throws in
            let code = await code {
                let found = try await driver(port: port).get("http://127.0.0.1:\(port)/")
                for try await _ in found.chunks {}
            }
            #expect(code == .unavailable)
        }
        let closed = await code { _ = try await driver(port: 1).get("http://127.0.0.1:1/") }
        #expect(closed == .unavailable)
    }

    @Test func `a post gives the status`() async throws {
        try await Self.serving("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n") { port async throws in
            let status = try await driver(port: port).post("http://127.0.0.1:\(port)/", headers: [], body: [1])
            #expect(status == 503)
        }
    }
}
