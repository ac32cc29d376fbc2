// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// Fails the request on a connection that has been silent for too long.
final class StallHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    private var clock: StallClock
    private let period: TimeAmount
    private var timer: Scheduled<Void>?

    /// A handler for that limit.
    init(limit: TimeAmount) {
        clock = StallClock(limit: limit)
        period = .nanoseconds(min(max(limit.nanoseconds / 8, 20_000_000), 5_000_000_000))
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head:
            clock.requestBegan(at: .now())
            arm(context)
        case .body: break
        case .end: clock.requestEnded(at: .now())
        }
        context.write(data, promise: promise)
    }

    func read(context: ChannelHandlerContext) {
        clock.readWanted(at: .now())
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        clock.received(at: .now())
        if case .end = unwrapInboundIn(data) {
            clock.answerEnded()
            disarm()
        }
        context.fireChannelRead(data)
    }

    func channelInactive(context: ChannelHandlerContext) {
        disarm()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { disarm() }

    private func disarm() {
        timer?.cancel()
        timer = nil
    }

    private func arm(_ context: ChannelHandlerContext) {
        disarm()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: period) { self.check(context) }
    }

    private func check(_ context: ChannelHandlerContext) {
        let buffered = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        if let words = clock.stall(at: .now(), buffered: buffered) {
            disarm()
            context.fireErrorCaught(StallError(description: words))
        } else {
            arm(context)
        }
    }
}

@available(*, unavailable)
extension StallHandler: Sendable {}
