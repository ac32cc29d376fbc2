// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// Closes a connection whose client takes no byte of its answer for ``ConnectionLimits/writeTimeout``.
final class WriteProgressHandler: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How often in a timeout the progress is looked at.
    private static let looks: Int64 = 5

    private let timeout: TimeAmount
    private var written = 0
    private var accepted = 0
    private var acceptedAt = NIODeadline.now()
    private var check: Scheduled<Void>?

    init(limits: ConnectionLimits) { timeout = .milliseconds(limits.writeTimeout) }

    func handlerRemoved(context: ChannelHandlerContext) {
        check?.cancel()
        check = nil
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        written += unwrapOutboundIn(data).readableBytes
        context.write(data, promise: promise)
        guard check == nil else { return }
        (accepted, acceptedAt) = (0, context.eventLoop.now)
        scheduleCheck(context)
    }

    private func scheduleCheck(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        check = context.eventLoop.scheduleTask(in: .nanoseconds(timeout.nanoseconds / Self.looks)) {
            let (handler, context) = bound.value
            handler.check = nil
            handler.look(context)
        }
    }

    private func look(_ context: ChannelHandlerContext) {
        guard context.channel.isActive, let options = context.channel.syncOptions,
            let waiting = try? options.getOption(.bufferedWritableBytes), waiting > 0
        else { return }
        let now = context.eventLoop.now
        if written - waiting != accepted {
            (accepted, acceptedAt) = (written - waiting, now)
        } else if now - acceptedAt >= timeout {
            return abort(context.channel)
        }
        scheduleCheck(context)
    }

    /// Closes so that the kernel drops what it holds, too.
    private func abort(_ channel: any Channel) {
        let now = linger(l_onoff: 1, l_linger: 0)
        (channel as? any SocketOptionProvider)?.setSoLinger(now).whenFailure { _ in }
        channel.close(promise: nil)
    }
}
