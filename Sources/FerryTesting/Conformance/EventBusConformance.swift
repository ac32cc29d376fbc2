// SPDX-License-Identifier: Apache-2.0

public import FerryServerCore
internal import FerryWire

/// What every `EventBus` must do.
public struct EventBusConformance: Sendable {
    private let make: @Sendable () async throws -> any EventBus

    /// The suite for buses made by `make`.
    public init(make: @escaping @Sendable () async throws -> any EventBus) { self.make = make }

    /// The names of the checks.
    public static var checks: [String] { suite.names }

    /// Runs every check, each on a fresh bus.
    ///
    /// - Throws: ``ConformanceFailure`` of the first check that fails.
    public func run() async throws { try await Self.suite.run(on: make) }

    private static let suite = Checks<any EventBus>(
        "EventBus",
        [
            ("a subscriber is woken by its topic", wakes),
            ("wake-ups that nobody took count as one", coalesces),
            ("another topic wakes nobody", topicsAreApart),
            ("every subscriber is woken", wakesAll),
            ("cancelling ends the waiting", cancelling),
            ("publishing to nobody is harmless, and is not kept", nothingIsKept),
            ("an observer is told of its topic as long as it is kept", observes),
        ])

    private static let wakes: Checks<any EventBus>.Body = { bus, check in
        let id = Identifier.random()
        var wakeUps = bus.subscribe(.task(id)).makeAsyncIterator()
        for _ in 0..<3 {
            bus.publish(.task(id))
            _ = try check.some(await wakeUps.next(), "the wake-up")
        }
    }

    private static let coalesces: Checks<any EventBus>.Body = { bus, check in
        let id = Identifier.random()
        let stream = bus.subscribe(.task(id))
        for _ in 0..<1000 { bus.publish(.task(id)) }
        // Each wake-up taken is answered by a marker of our own; with nothing piled up, one marker follows one.
        var wakeUps = stream.makeAsyncIterator()
        _ = try check.some(await wakeUps.next(), "the wake-up")
        let extra = await withTaskGroup(of: Int.self) { group in
            group.addTask {
                var count = 0
                for await _ in stream { count += 1 }
                return count
            }
            group.cancelAll()
            return await group.next() ?? 0
        }
        try check.require(extra <= 1, "\(extra) wake-ups were piled up")
    }

    private static let observes: Checks<any EventBus>.Body = { bus, check in
        let (mine, other) = (Identifier.random(), Identifier.random())
        let (stream, calls) = AsyncStream.makeStream(of: Void.self)
        var observation: EventObservation? = bus.observe(.task(mine)) { calls.yield() }
        for topic in [mine, other, mine] { bus.publish(.task(topic)) }
        var told = stream.makeAsyncIterator()
        // A bus may tell a little later, but must tell.
        for _ in 0..<2 { _ = try check.some(await told.next(), "the call") }
        withExtendedLifetime(observation) {}
        observation = nil
        bus.publish(.task(mine))
        try await Task.sleep(for: .milliseconds(20))
        calls.finish()
        try check.require(await told.next() == nil, "an observer that was dropped, or of another topic, was told")
    }

    private static let topicsAreApart: Checks<any EventBus>.Body = { bus, check in
        let (mine, other) = (Identifier.random(), Identifier.random())
        let stream = bus.subscribe(.task(mine))
        bus.publish(.task(other))
        bus.publish(.queue)
        let woken = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await _ in stream { return true }
                return false
            }
            group.cancelAll()
            return await group.next() ?? false
        }
        try check.require(!woken, "it was woken by another topic")
    }

    private static let wakesAll: Checks<any EventBus>.Body = { bus, check in
        let streams = (0..<5).map { _ in bus.subscribe(.queue) }
        bus.publish(.queue)
        for stream in streams {
            var wakeUps = stream.makeAsyncIterator()
            _ = try check.some(await wakeUps.next(), "the wake-up")
        }
    }

    private static let cancelling: Checks<any EventBus>.Body = { bus, check in
        let stream = bus.subscribe(.queue)
        let ended = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await _ in stream {}
                return true
            }
            group.cancelAll()
            return await group.next() ?? false
        }
        try check.require(ended, "it still waits")
    }

    private static let nothingIsKept: Checks<any EventBus>.Body = { bus, check in
        let id = Identifier.random()
        bus.publish(.task(id))
        let stream = bus.subscribe(.task(id))
        let woken = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await _ in stream { return true }
                return false
            }
            group.cancelAll()
            return await group.next() ?? false
        }
        try check.require(!woken, "it was woken by what happened before")
    }
}
