// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes

/// Asks the connection for the body, when the head is found good.
struct BodyRequest: Sendable {}

/// Sits between the HTTP codec and the router, on each connection.
///
/// - Lets one request through at a time: those sent behind it wait for its answer, and nothing more is read meanwhile.
/// - Notes where requests end, for ``RequestBoundary``.
/// - Reads on behind a head when the route asks for the body, and answers `Expect: 100-continue` only then (RFC 9110
///   section 10.1.1).
/// - When an answer goes out before its request has come to its end, says `Connection: close`, and after the answer
///   drops the rest of the request for a while before it closes, so that the client can read the answer.
/// - Closes after an answer that says `Connection: close`; requests behind are dropped, never executed.
/// - Says what is wrong with bytes that are no request.
final class RequestBoundaryHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// What came behind a request that is not answered yet.
    private enum Held {
        case part(HTTPRequestPart)
        case inputClosed
        case error(any Error)
    }

    /// The request under way.
    private enum Progress {
        /// None.
        case none
        /// Its end has not come.
        case receiving
        /// It has come whole, and is not answered.
        case received
        /// Its answer closes the connection; what comes is dropped.
        case closing
    }

    let boundary = RequestBoundary()
    private let lingerTime: TimeAmount
    private let unaskedBody: Int
    private var progress = Progress.none
    private var expectsContinue = false
    private var wantsBody = false
    private var saysClose = false
    private var isLingering = false
    private var isReadWanted = false
    /// At most what one read brought.
    private var held = CircularBuffer<Held>()
    /// Why no request can be made of what came.
    private var refusal: ServerError?
    private var isAnsweringRefusal = false

    init(limits: ConnectionLimits) {
        lingerTime = .milliseconds(limits.lingerTime)
        unaskedBody = limits.maximumUnaskedBody
    }

    // MARK: From the client

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if isLingering {
            if case .end = part, !boundary.hasEnded { context.close(promise: nil) }
        } else if isHolding {
            held.append(.part(part))
        } else {
            pass(part, context)
        }
    }

    private var isHolding: Bool {
        if case .received = progress { true } else { !held.isEmpty }
    }

    private func pass(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head(let head):
            progress = .receiving
            boundary.requestBegan()
            let length = head.headerFields[.contentLength].flatMap { Int($0) }
            // Little may come unasked: a route that has no use for it can answer and keep the connection.
            wantsBody = length.map { $0 <= unaskedBody } ?? false
            expectsContinue = head.headerFields[.expect]?.lowercased() == "100-continue"
        case .body: break
        case .end:
            if case .receiving = progress { progress = .received }
            boundary.requestEnded()
        }
        context.fireChannelRead(wrapInboundOut(part))
        if case .end = part { readAgain(context) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        if isLingering { context.read() }
    }

    func read(context: ChannelHandlerContext) {
        if isReadAllowed { context.read() } else { isReadWanted = true }
    }

    private var isReadAllowed: Bool {
        if isLingering { return true }
        if case .receiving = progress, !wantsBody { return false }
        return held.isEmpty
    }

    private func readAgain(_ context: ChannelHandlerContext) {
        guard isReadWanted, isReadAllowed else { return }
        isReadWanted = false
        context.read()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return context.fireUserInboundEventTriggered(event) }
        if isLingering {
            context.close(promise: nil)
        } else if held.isEmpty {
            boundary.clientLeft()
            context.fireUserInboundEventTriggered(event)
        } else {
            held.append(.inputClosed)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        held.removeAll()
        boundary.clientLeft()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isLingering { return }
        if isHolding { held.append(.error(error)) } else { passError(error, context) }
    }

    private func passError(_ error: any Error, _ context: ChannelHandlerContext) {
        guard let error = error as? ServerError else { return context.fireErrorCaught(error) }
        if case .receiving = progress {
            // The route that reads the body answers.
            context.fireErrorCaught(error)
        } else {
            refusal = error
            boundary.requestBegan()
            // The router answers this one, with a head that is replaced on its way out.
            context.fireErrorCaught(HTTPParserError.unknown)
        }
    }

    /// Lets the next request through, and those parts of it that have come.
    private func release(_ context: ChannelHandlerContext) {
        guard !held.isEmpty else { return }
        while case .none = progress, let next = held.popFirst() { passHeld(next, context) }
        while case .receiving = progress, let next = held.popFirst() { passHeld(next, context) }
        context.fireChannelReadComplete()
        readAgain(context)
    }

    private func passHeld(_ next: Held, _ context: ChannelHandlerContext) {
        switch next {
        case .part(let part): pass(part, context)
        case .inputClosed:
            boundary.clientLeft()
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        case .error(let error): passError(error, context)
        }
    }

    // MARK: To the client

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is BodyRequest else {
            context.triggerUserOutboundEvent(event, promise: promise)
            return
        }
        wantsBody = true
        readAgain(context)
        if expectsContinue {
            expectsContinue = false
            context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: promise)
        } else {
            promise?.succeed()
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head) where head.status.kind == .informational: context.write(data, promise: promise)
        case .head(let head): writeHead(head, context, promise)
        case .body where isAnsweringRefusal: promise?.succeed()
        case .body: context.write(data, promise: promise)
        case .end where saysClose:
            progress = .closing
            context.writeAndFlush(data, promise: promise)
            finish(context)
        case .end:
            progress = .none
            expectsContinue = false
            context.write(data, promise: promise)
            // After this write is done with: what is let through may be answered at once.
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            if !held.isEmpty {
                context.eventLoop.execute {
                    let (handler, context) = bound.value
                    handler.release(context)
                }
            }
        }
    }

    private func writeHead(
        _ original: HTTPResponse, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
    ) {
        var head = original
        if case .none = progress, let refusal {
            isAnsweringRefusal = true
            saysClose = true
            let problem = ProblemResponse.problem(for: refusal)
            head = HTTPResponse(status: problem.status, headerFields: problem.headers)
            head.headerFields[.contentLength] = String(problem.body.readableBytes)
            head.headerFields[.connection] = "close"
            context.write(wrapOutboundOut(.head(head)), promise: promise)
            context.write(wrapOutboundOut(.body(problem.body)), promise: nil)
            return
        }
        if head.headerFields[.connection] == "close" { saysClose = true }
        if !boundary.hasEnded {
            saysClose = true
            head.headerFields[.connection] = "close"
        }
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }

    /// Closes the connection; while bytes may still be coming, such that they do not destroy the answer.
    private func finish(_ context: ChannelHandlerContext) {
        guard !boundary.hasEnded || !held.isEmpty else { return context.close(promise: nil) }
        if !held.isEmpty { context.close(mode: .output, promise: nil) }
        held.removeAll()
        isLingering = true
        let channel = context.channel
        context.eventLoop.scheduleTask(in: lingerTime) { channel.close(promise: nil) }
        // The router has stopped reading; what is dropped here must still be taken off the socket.
        context.read()
    }
}
