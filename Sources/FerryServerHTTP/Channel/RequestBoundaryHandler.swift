// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// Asks the connection to answer `Expect: 100-continue`, when the head is found good.
struct ContinueRequest: Sendable {}

/// Sits between the HTTP codec and the router, on each connection.
///
/// - Notes where requests end, for ``RequestBoundary``.
/// - Answers `Expect: 100-continue` when the route asks for it, and only then (RFC 9110 section 10.1.1).
/// - When an answer goes out before its request has come to its end, says `Connection: close`, and after the answer
///   drops the rest of the request for a while before it closes, so that the client can read the answer.
/// - Closes after an answer that says `Connection: close`.
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
    /// Whether what comes belongs to a request behind one that was refused.
    private var isDropping = false

    func handlerAdded(context: ChannelHandlerContext) {
        let allocator = AdaptiveRecvByteBufferAllocator(
            minimum: 4096, initial: 16 << 10, maximum: Self.maximumReceiveBuffer)
        // Fails only on channels without a socket, which have no use for it.
        context.channel.setOption(.recvAllocator, value: allocator).whenFailure { _ in }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            // After an early answer nothing more is taken from this connection: not even a pipelined request.
            isDropping = isDropping || isClosing
            expectsContinue = !isDropping && head.headerFields[.expect]?.lowercased() == "100-continue"
        case .body: break
        case .end:
            guard !isDropping else { break }
            boundary.requestEnded()
            if isLingering {
                context.close(promise: nil)
                return
            }
        }
        if !isLingering, !isDropping { context.fireChannelRead(data) }
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
        case .head(var head) where head.status.kind != .informational:
            if head.headerFields[.connection] == "close" { isClosing = true }
            if !boundary.hasEnded {
                isClosing = true
                head.headerFields[.connection] = "close"
            }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end where isClosing:
            context.writeAndFlush(data, promise: promise)
            linger(context)
        case .end:
            boundary.answerEnded()
            context.write(data, promise: promise)
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
        if isLingering || isDropping { context.read() }
    }
}
