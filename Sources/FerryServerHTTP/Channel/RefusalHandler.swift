// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import HTTPTypes
internal import NIOCore

/// Tells a connection for which there is no room to come back, and closes it.
final class RefusalHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long the client may take to read that.
    private let lingerTime: TimeAmount

    init(limits: ConnectionLimits) { lingerTime = .milliseconds(limits.lingerTime) }

    func channelActive(context: ChannelHandlerContext) {
        let problem = ProblemResponse.problem(
            for: ServerError(.unavailable, "the server has no room for more connections; try again later"))
        var head = "HTTP/1.1 \(problem.status.code) \(problem.status.reasonPhrase)\r\nConnection: close\r\n"
        for field in problem.headers { head += "\(field.name): \(field.value)\r\n" }
        head += "Content-Length: \(problem.body.readableBytes)\r\n\r\n"
        var bytes = ByteBuffer(string: head)
        bytes.writeImmutableBuffer(problem.body)
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        context.close(mode: .output, promise: nil)
        let channel = context.channel
        context.eventLoop.scheduleTask(in: lingerTime) { channel.close(promise: nil) }
    }

    /// Dropped, but read: bytes left behind would destroy the answer.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
