// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

/// A connection on which a test says whatever it likes, byte by byte.
final class RawClient: Sendable {
    /// The connection ended before what was awaited had come.
    struct Ended: Error, CustomStringConvertible {
        let bytes: [UInt8]
        var description: String { "the connection ended after: \(String(decoding: bytes, as: UTF8.self))" }
    }

    private let channel: any Channel
    private let inbox: Inbox

    private init(channel: any Channel, inbox: Inbox) {
        self.channel = channel
        self.inbox = inbox
    }

    static func connect(port: Int) async throws -> RawClient {
        let inbox = Inbox()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(InboxHandler(inbox))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return RawClient(channel: channel, inbox: inbox)
    }

    /// Sends text with its line feeds as CRLF.
    func send(lines: String) async throws { try await send(lines.replacing("\n", with: "\r\n")) }

    /// Sends text as it is.
    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

    /// A client that takes its time.
    func pause(_ time: Duration) async throws { try await Task.sleep(for: time) }

    /// Sends a little fifty times a second, until it fails or is cancelled.
    func drip(_ piece: @escaping @Sendable (Int) -> String) -> Task<Void, any Error> {
        Task {
            for number in 0... {
                try await send(piece(number))
                try await pause(.milliseconds(20))
            }
        }
    }

    /// Takes nothing off the socket, until told to go on.
    func stopReading() async throws { try await channel.setOption(.autoRead, value: false).get() }

    /// Takes again what comes.
    func resumeReading() async throws {
        try await channel.setOption(.autoRead, value: true).get()
        channel.read()
    }

    /// Ends this direction alone.
    func finishSending() async throws { try await channel.close(mode: .output) }

    /// Ends the connection in both directions.
    func close() async { try? await channel.close() }

    /// The next answer.
    ///
    /// - Parameter toHead: whether the request was a HEAD, whose answer has no body.
    func response(toHead: Bool = false) async throws -> RawResponse {
        while true {
            let (bytes, hasEnded) = inbox.peek()
            if let (response, length) = RawResponse.parse(bytes, toHead: toHead, hasEnded: hasEnded) {
                inbox.drop(length)
                return response
            }
            guard !hasEnded else { throw Ended(bytes: bytes) }
            try await inbox.wait()
        }
    }

    /// All that comes until the other side ends.
    func rest() async throws -> [UInt8] {
        while true {
            let (bytes, hasEnded) = inbox.peek()
            if hasEnded { return bytes }
            try await inbox.wait()
        }
    }

    /// What has come and was not taken yet.
    var waiting: [UInt8] { inbox.peek().bytes }

    /// Waits until at least so many bytes have come, or the connection ended.
    func wait(forBytes count: Int) async throws {
        while true {
            let (bytes, hasEnded) = inbox.peek()
            if bytes.count >= count || hasEnded { return }
            try await inbox.wait()
        }
    }
}

/// What came on a connection. One reader.
private final class Inbox: Sendable {
    private let state = Mutex((bytes: [UInt8](), hasEnded: false))
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    init() { (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1)) }

    func append(_ bytes: [UInt8]) {
        state.withLock { $0.bytes += bytes }
        signal.yield()
    }

    func end() {
        state.withLock { $0.hasEnded = true }
        signal.yield()
    }

    func peek() -> (bytes: [UInt8], hasEnded: Bool) { state.withLock { ($0.bytes, $0.hasEnded) } }

    func drop(_ count: Int) { state.withLock { $0.bytes.removeFirst(count) } }

    func wait() async throws {
        for await _ in signals { return }
        throw CancellationError()
    }
}

private final class InboxHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let inbox: Inbox

    init(_ inbox: Inbox) { self.inbox = inbox }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        inbox.append(Array(buffer: unwrapInboundIn(data)))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { inbox.end() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        inbox.end()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
