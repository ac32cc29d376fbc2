// SPDX-License-Identifier: Apache-2.0

package import NIOCore
internal import NIOHTTPTypes
internal import HTTPTypes
internal import Synchronization

/// What the connection knows of the request under way: a body stream that ended says nothing of why.
final class RequestBoundary: Sendable {
    private let ended = Mutex(true)

    /// Whether the request's end has come, rather than the connection's.
    var hasEnded: Bool {
        get { ended.withLock { $0 } }
        set { ended.withLock { $0 = newValue } }
    }
}

/// Asks the connection to answer `Expect: 100-continue`, when the head is found good.
struct ContinueRequest: Sendable {}

/// Sits between the HTTP codec and the router, on each connection.
///
/// - Notes where requests end, for ``RequestBoundary``.
/// - Answers `Expect: 100-continue` when the route asks for it, and only then (RFC 9110 section 10.1.1).
/// - When an answer goes out before its request has come to its end, says `Connection: close`, and after the answer
///   drops the rest of the request for a while before it closes, so that the client can read the answer.
final class RequestBoundaryHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Largest receive buffer in bytes. 256 KiB: measured best for many connections at once (a larger one costs memory
    /// for each connection, a smaller one costs time).
    static let maximumReceiveBuffer = 256 << 10
    /// How long the rest of a refused request is dropped before the connection is closed.
    static let lingerTime = TimeAmount.seconds(2)

    let boundary = RequestBoundary()
    private var expectsContinue = false
    private var isClosing = false
    private var isLingering = false

    func handlerAdded(context: ChannelHandlerContext) {
        let allocator = AdaptiveRecvByteBufferAllocator(
            minimum: 4096, initial: 16 << 10, maximum: Self.maximumReceiveBuffer)
        // Fails only on channels without a socket, which have no use for it.
        context.channel.setOption(.recvAllocator, value: allocator).whenFailure { _ in }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        switch part {
        case .head(let head):
            // After an early answer nothing more is taken from this connection: not even a pipelined request.
            guard !isClosing else { return }
            boundary.hasEnded = false
            expectsContinue = head.headerFields[.expect]?.lowercased() == "100-continue"
        case .body: break
        case .end:
            boundary.hasEnded = true
            if isLingering {
                context.close(promise: nil)
                return
            }
        }
        if !isLingering { context.fireChannelRead(data) }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is ContinueRequest else {
            context.triggerUserOutboundEvent(event, promise: promise)
            return
        }
        if expectsContinue {
            expectsContinue = false
            context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: promise)
        } else {
            promise?.succeed()
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head) where head.status.kind != .informational && !boundary.hasEnded:
            isClosing = true
            head.headerFields[.connection] = "close"
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end where isClosing:
            context.writeAndFlush(data, promise: promise)
            linger(context)
        default:
            context.write(data, promise: promise)
        }
    }

    private func linger(_ context: ChannelHandlerContext) {
        guard !boundary.hasEnded else {
            context.close(promise: nil)
            return
        }
        isLingering = true
        let channel = context.channel
        context.eventLoop.scheduleTask(in: Self.lingerTime) { channel.close(promise: nil) }
        // The router has stopped reading; what is dropped here must still be taken off the socket.
        context.read()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        if isLingering { context.read() }
    }
}
