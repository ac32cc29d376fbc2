// SPDX-License-Identifier: Apache-2.0

import FerryFetch
import FerryWire
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A listener that counts connections and answers each with bytes of a test's choice.
final class CountingServer: Sendable {
    /// What to do with a connection, after its request's head has come.
    struct Answer: Sendable {
        var pieces: [String]
        /// Pause before each piece but the first.
        var pause: TimeAmount = .zero
        var closes = true

        static func text(_ text: String) -> Answer { Answer(pieces: [text]) }

        static func ok(_ body: String, _ headers: String = "") -> Answer {
            .text("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\(headers)Connection: close\r\n\r\n\(body)")
        }

        static func redirect(_ status: Int, to location: String) -> Answer {
            .text("HTTP/1.1 \(status) See\r\nLocation: \(location)\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
    }

    private let channel: any Channel
    private let state: Mutex<(count: Int, requests: [String])>
    let port: Int

    private init(channel: any Channel, state: CountingState) {
        self.channel = channel
        self.state = Mutex((0, []))
        port = channel.localAddress?.port ?? 0
        state.owner.withLock { $0 = self }
    }

    /// Connections so far.
    var count: Int { state.withLock { $0.count } }
    /// What was asked so far.
    var requests: [String] { state.withLock { $0.requests } }

    fileprivate func connected() { state.withLock { $0.count += 1 } }
    fileprivate func asked(_ text: String) { state.withLock { $0.requests.append(text) } }

    /// Runs the body with a listener, of https if it has a certificate; `answer` is given the request's head.
    static func with<Result>(
        _ address: String = "127.0.0.1", port: Int = 0, certificate: TestCertificate? = nil,
        answer: @escaping @Sendable (String) -> Answer = { _ in .ok("hello") },
        _ body: (CountingServer) async throws -> Result
    ) async throws -> Result {
        let state = CountingState()
        let security = try certificate?.context()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let security {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: security))
                    }
                    try channel.pipeline.syncOperations.addHandler(CountingHandler(state: state, answer: answer))
                }
            }
            .bind(host: address, port: port).get()
        let server = CountingServer(channel: channel, state: state)
        do {
            let result = try await body(server)
            try await channel.close()
            return result
        } catch {
            try? await channel.close()
            throw error
        }
    }

    /// Runs the body with listeners on 127.0.0.1, 127.0.0.2 and ::1 that have one port. Others on this machine may have
    /// taken the first one's port at another address; then it is another port.
    static func onOnePort<Result>(
        _ body: (CountingServer, CountingServer, CountingServer) async throws -> Result
    ) async throws -> Result {
        for attempt in 0... {
            var isUp = false
            do {
                return try await with { four async throws in
                    try await with("127.0.0.2", port: four.port) { other async throws in
                        try await with("::1", port: four.port) { six async throws in
                            isUp = true
                            return try await body(four, other, six)
                        }
                    }
                }
            } catch let error as IOError where error.errnoCode == EADDRINUSE && !isUp && attempt < 50 {
                continue
            }
        }
        throw CancellationError()
    }
}

/// Lets handlers that are older than their server find it.
private final class CountingState: Sendable {
    let owner = Mutex<CountingServer?>(nil)
}

private final class CountingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let state: CountingState
    private let answer: @Sendable (String) -> CountingServer.Answer
    private var head = ""
    private var isAnswered = false

    init(state: CountingState, answer: @escaping @Sendable (String) -> CountingServer.Answer) {
        self.state = state
        self.answer = answer
    }

    func channelActive(context: ChannelHandlerContext) {
        state.owner.withLock { $0 }?.connected()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        head += String(buffer: unwrapInboundIn(data))
        guard !isAnswered, head.contains("\r\n\r\n") else { return }
        isAnswered = true
        state.owner.withLock { $0 }?.asked(head)
        send(answer(head), 0, context.channel)
    }

    private func send(_ answer: CountingServer.Answer, _ index: Int, _ channel: any Channel) {
        guard index < answer.pieces.count else {
            if answer.closes { channel.close(promise: nil) }
            return
        }
        Self.send(answer, index, channel)
    }

    private static func send(_ answer: CountingServer.Answer, _ index: Int, _ channel: any Channel) {
        guard channel.isActive, index < answer.pieces.count else {
            if answer.closes { channel.close(promise: nil) }
            return
        }
        channel.writeAndFlush(ByteBuffer(string: answer.pieces[index])).whenComplete { _ in
            channel.eventLoop.scheduleTask(in: answer.pause) { send(answer, index + 1, channel) }
        }
    }
}

/// Gives the addresses a test says, one list after the other; the last stays.
final class ScriptedResolver: AddressResolver {
    private let lists: Mutex<[[String]]>

    init(_ lists: [String]...) { self.lists = Mutex(lists) }

    func addresses(of name: String) async throws -> [IPAddress] {
        lists.withLock { lists in
            let list = lists.count > 1 ? lists.removeFirst() : lists.first ?? []
            return list.compactMap { IPAddress($0) }
        }
    }
}

extension FetchPolicy {
    /// Lets these networks in, on these ports.
    static func allowing(_ networks: [String], ports: [Int]) -> FetchPolicy {
        var policy = FetchPolicy()
        policy.allowedNetworks = networks.compactMap { IPNetwork($0) }
        policy.ports.formUnion(ports)
        return policy
    }
}

/// The code of the error that a body throws; nil if it throws none.
func fetchCode(_ body: () async throws -> Void) async -> FetchError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? FetchError)?.code ?? FetchError.Code(rawValue: "\(type(of: error))")
    }
}

func content(_ response: FetchedResponse) async throws -> String {
    var text = ""
    for try await chunk in response.body { text += String(buffer: chunk) }
    return text
}
