// SPDX-License-Identifier: Apache-2.0

import FerryFetch
import FerryServerCore
import FerrySigning
import FerryTesting
import FerryWeb
import FerryWire
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing

/// The address of a webhook is judged when it is told, by what its name means then; listeners say who was reached.
@Suite(.timeLimit(.minutes(1)))
struct WebhookAddressTests {
    /// Counts connections, and answers each with a status.
    private final class Listener: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let connections: Counter
        let status: Int

        init(_ connections: Counter, status: Int) {
            self.connections = connections
            self.status = status
        }

        func channelActive(context: ChannelHandlerContext) { connections.increment() }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let channel = context.channel
            let answer = "HTTP/1.1 \(status) So\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            channel.writeAndFlush(ByteBuffer(string: answer)).whenComplete { _ in channel.close(promise: nil) }
        }
    }

    private final class Counter: Sendable {
        private let value = Mutex(0)
        var count: Int { value.withLock { $0 } }
        func increment() { value.withLock { $0 += 1 } }
    }

    private static func listen(_ address: String, port: Int = 0, status: Int, _ counter: Counter) async throws
        -> any Channel
    {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Listener(counter, status: status))
                }
            }
            .bind(host: address, port: port).get()
    }

    /// Means what a test says.
    private final class Names: AddressResolver {
        private let meaning = Mutex<[String]>([])
        let searches = Counter()

        func set(_ addresses: [String]) { meaning.withLock { $0 = addresses } }

        func addresses(of name: String) async throws -> [IPAddress] {
            searches.increment()
            return meaning.withLock { $0 }.compactMap { IPAddress($0) }
        }
    }

    /// A task that ended, and what tells of it.
    private struct Telling {
        let store = InMemoryTaskStore()
        let sender: WebhookSender
        let taskID: String

        init(url: String, web: WebDriver) async throws {
            let limits = ServerLimits()
            let clock = ServerClock { .sample }
            let links = LinkService(
                signer: LinkSigner(current: SigningKey(id: "1", secret: [UInt8](repeating: 1, count: 32))),
                limits: limits, clock: clock)
            sender = WebhookSender(
                outbox: store, store: store, web: web, signer: WebhookSigner(secret: [UInt8](repeating: 2, count: 32)),
                links: links, bus: LocalEventBus(), limits: limits, clock: clock,
                logger: Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() })
            try web.check(url)
            var task = TaskRecord.sample(status: .uploading)
            task.webhook = TaskRecord.Webhook(url: url, base: "http://ferry.test")
            taskID = task.id
            try await store.insert(task)
            _ = try await store.transition(
                id: task.id, to: .completed, from: [.uploading], owner: nil, change: TaskChange(), at: .sample)
        }

        /// Tries once; false if there is nothing to tell any more.
        func tell() async throws -> Bool {
            let later = Timestamp.sample.advanced(bySeconds: 100_000)
            let due = try await store.takeDueWebhooks(at: later, heldUntil: later, limit: 1, teamLimit: 1)
            for delivery in due { await sender.deliver(delivery) }
            return !due.isEmpty
        }
    }

    @Test func `rows 81 and 82: a webhook's name is judged by what it means at each try`() async throws {
        let (inside, allowed) = (Counter(), Counter())
        let forbidden = try await Self.listen("127.0.0.1", status: 200, inside)
        let port = try #require(forbidden.localAddress?.port)
        let open = try await Self.listen("127.0.0.2", port: port, status: 503, allowed)
        var policy = FetchPolicy()
        policy.ports.insert(port)
        policy.allowedNetworks = [try #require(IPNetwork("127.0.0.2"))]
        let names = Names()
        let web = WebDriver(fetcher: GuardedFetcher(policy: policy, resolver: names))
        let telling = try await Telling(url: "http://changing.example:\(port)/hook?key=secret", web: web)
        // Nobody asked what the name means when the task was made; now it means who may be told.
        #expect(names.searches.count == 0)
        names.set(["127.0.0.2"])
        #expect(try await telling.tell())
        #expect([inside.count, allowed.count] == [0, 1])
        for meaning in [["127.0.0.1"], ["127.0.0.2", "127.0.0.1"], ["127.0.0.1", "127.0.0.2"], ["::ffff:127.0.0.1"]] {
            names.set(meaning)
            #expect(try await telling.tell())
            #expect([inside.count, allowed.count] == [0, 1], "\(meaning)")
        }
        // Each try was one search: what was judged is what would have been asked.
        #expect(names.searches.count == 5)
        names.set(["127.0.0.2"])
        #expect(try await telling.tell())
        #expect([inside.count, allowed.count] == [0, 2])
        // The forbidden listener does answer who may ask it.
        policy.allowedNetworks = [try #require(IPNetwork("127.0.0.0/8"))]
        names.set(["127.0.0.1"])
        let free = WebDriver(fetcher: GuardedFetcher(policy: policy, resolver: names))
        #expect(try await free.post("http://changing.example:\(port)/", headers: [], body: []) == 200)
        #expect(inside.count == 1)
        try await forbidden.close()
        try await open.close()
    }

    @Test func `rows 81 and 82: a file's name that comes to mean this machine is not asked`() async throws {
        let inside = Counter()
        let listener = try await Self.listen("127.0.0.1", status: 200, inside)
        let port = try #require(listener.localAddress?.port)
        var policy = FetchPolicy()
        policy.ports.insert(port)
        let names = Names()
        let web = WebDriver(fetcher: GuardedFetcher(policy: policy, resolver: names))
        let url = "http://changing.example:\(port)/file"
        #expect(throws: Never.self) { try web.check(url) }
        for meaning in [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::1"]] {
            names.set(meaning)
            let error = await #expect(throws: ServerError.self, "\(meaning)") { _ = try await web.get(url) }
            #expect(error?.code == .validation, "\(meaning)")
        }
        #expect(inside.count == 0)
        try await listener.close()
    }
}
