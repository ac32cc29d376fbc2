// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import NIOCore

/// Sits in front of the HTTP decoder, on each connection, and lets nothing through that ``RequestFraming`` refuses or
/// that comes too slowly. Tells the pipeline with an error of type ``ServerError``, and drops what comes after.
final class RequestFramingHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var framing: RequestFraming
    private var clock: ReceiveClock
    private var countedContent: Int64 = 0
    private var countedRequests = 0
    private var hasReceived = false
    private var check: Scheduled<Void>?
    private let longestWait: TimeAmount

    init(limits: ConnectionLimits) {
        framing = RequestFraming(limits: limits)
        clock = ReceiveClock(limits: limits)
        longestWait = .milliseconds(max(1, limits.headTimeout / 2))
    }

    func channelActive(context: ChannelHandlerContext) {
        scheduleCheck(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        stopChecks()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { stopChecks() }

    func read(context: ChannelHandlerContext) {
        clock.readBegan(at: context.eventLoop.now)
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard framing.phase != .refused else { return }
        var bytes = unwrapInboundIn(data)
        var good = 0
        let outcome = Result { () throws(ServerError) in
            try bytes.withUnsafeReadableBytes { raw throws(ServerError) in try framing.take(raw, wasGood: &good) }
        }
        hasReceived = true
        if good > 0, let part = bytes.readSlice(length: good) { context.fireChannelRead(wrapInboundOut(part)) }
        if case .failure(let error) = outcome { refuse(error, context) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        clock.readEnded(
            phase: framing.phase, content: framing.contentBytes - countedContent,
            isNew: framing.requestsEnded != countedRequests, at: context.eventLoop.now)
        (countedContent, countedRequests) = (framing.contentBytes, framing.requestsEnded)
        scheduleCheck(context)
        context.fireChannelReadComplete()
    }

    private func refuse(_ error: ServerError, _ context: ChannelHandlerContext) {
        stopChecks()
        context.fireErrorCaught(error)
    }

    /// Looks at the clock now and whenever it may run out. One timer a connection, and none while nothing is awaited.
    private func scheduleCheck(_ context: ChannelHandlerContext) {
        guard check == nil, case .fine(let again?) = clock.verdict(at: context.eventLoop.now) else { return }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        // Soon enough for a head that begins while a longer time is being measured.
        check = context.eventLoop.scheduleTask(in: min(again, longestWait)) {
            let (handler, context) = bound.value
            handler.check = nil
            handler.look(context)
        }
    }

    private func look(_ context: ChannelHandlerContext) {
        switch clock.verdict(at: context.eventLoop.now) {
        case .fine: scheduleCheck(context)
        case .slowHead:
            guard hasReceived else { return context.close(promise: nil) }
            framing.refuse()
            refuse(ServerError(.tooSlow, "the request's head came too slowly; send it again"), context)
        case .slowBody:
            framing.refuse()
            refuse(ServerError(.tooSlow, "the request's body came too slowly; send it again"), context)
        }
    }

    private func stopChecks() {
        check?.cancel()
        check = nil
    }
}
