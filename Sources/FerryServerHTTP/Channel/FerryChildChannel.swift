// SPDX-License-Identifier: Apache-2.0

internal import HummingbirdCore
internal import Logging
internal import NIOCore

/// Sets up each accepted connection: counted, framed strictly, with its clocks, and then served.
struct FerryChildChannel: ServerChildChannel {
    /// A connection, served or not.
    struct Value: ServerChildChannelValue {
        let channel: any Channel
        /// Nil if it is not served.
        let http: HTTP1Channel.Value?
    }

    /// Largest receive buffer in bytes. 256 KiB: measured best for many connections at once (a larger one costs memory
    /// for each connection, a smaller one costs time).
    private static let maximumReceiveBuffer = 256 << 10
    /// `TCP_NOTSENT_LOWAT`.
    private static let notSentLowWatermark = ChannelOptions.Types.SocketOption(level: .tcp, name: .init(rawValue: 25))

    private let http: HTTP1Channel
    private let count: ConnectionCount
    private let limits: ConnectionLimits

    init(responder: @escaping HTTPChannelHandler.Responder, count: ConnectionCount, limits: ConnectionLimits) {
        self.count = count
        self.limits = limits
        http = HTTP1Channel(
            responder: responder,
            configuration: .init(
                additionalChannelHandlers: [RequestBoundaryHandler(limits: limits)],
                idleTimeout: .milliseconds(limits.idleTimeout),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: limits.maximumHeadSize, maxHeaderListSize: limits.maximumHeadSize,
                    maxHeaderFieldCount: limits.maximumFields)))
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let place = count.enter()
        channel.closeFuture.whenComplete { _ in count.leave(place) }
        switch place {
        case .served: return serve(channel, logger)
        case .refused:
            return channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(RefusalHandler(limits: limits))
                return Value(channel: channel, http: nil)
            }
        case .dropped:
            channel.close(promise: nil)
            return channel.eventLoop.makeSucceededFuture(Value(channel: channel, http: nil))
        }
    }

    private func serve(_ channel: any Channel, _ logger: Logger) -> EventLoopFuture<Value> {
        let allocator = AdaptiveRecvByteBufferAllocator(
            minimum: 4096, initial: 4096, maximum: Self.maximumReceiveBuffer)
        // Both fail only on channels without a socket, which have no use for them.
        channel.setOption(.recvAllocator, value: allocator).whenFailure { _ in }
        #if os(Linux)
        channel.setOption(Self.notSentLowWatermark, value: SocketOptionValue(limits.maximumUnsent)).whenFailure { _ in }
        #endif
        return channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(WriteProgressHandler(limits: limits))
            try pipeline.addHandler(RequestFramingHandler(limits: limits))
        }.flatMap {
            http.setup(channel: channel, logger: logger)
        }.map { Value(channel: channel, http: $0) }
    }

    func handle(value: Value, logger: Logger) async {
        guard let connection = value.http else {
            try? await value.channel.closeFuture.get()
            return
        }
        await http.handle(value: connection, logger: logger)
    }
}
