// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// Sits on the listening socket: when a connection cannot be accepted because something has run out, waits a little
/// instead of trying again at once, for ever.
final class AcceptBackoffHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = any Channel

    /// How long it waits first, doubled up to the longest wait.
    static let shortest = TimeAmount.milliseconds(50)
    static let longest = TimeAmount.seconds(1)
    /// How often at most the log is told.
    private static let reportInterval = TimeAmount.seconds(60)

    private let logger: Logger
    private var wait = shortest
    private var isPaused = false
    private var reportedAt: NIODeadline?

    init(logger: Logger) { self.logger = logger }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        wait = Self.shortest
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let code = (error as? IOError)?.errnoCode, Self.passing.contains(code) else {
            return context.fireErrorCaught(error)
        }
        // A client that went away before it was accepted is no shortage.
        guard code != ECONNABORTED, !isPaused else { return }
        report(error, context.eventLoop.now)
        isPaused = true
        // Only this takes the socket off the selector: a read that failed counts as one that is still awaited.
        setReading(false, context)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: wait) {
            let (handler, context) = bound.value
            handler.isPaused = false
            handler.setReading(true, context)
        }
        wait = min(.nanoseconds(wait.nanoseconds * 2), Self.longest)
    }

    private func setReading(_ isOn: Bool, _ context: ChannelHandlerContext) {
        // Fails only on a listener that is closed.
        try? context.channel.syncOptions?.setOption(.autoRead, value: isOn)
    }

    private static let passing: Set<CInt> = [ECONNABORTED, EMFILE, ENFILE, ENOBUFS, ENOMEM]

    private func report(_ error: any Error, _ now: NIODeadline) {
        if let reportedAt, now - reportedAt < Self.reportInterval { return }
        reportedAt = now
        logger.warning(
            "no connection can be accepted for now; raise the limit of open files", metadata: ["error": "\(error)"])
    }
}
