// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

@testable import FerryServerCore

@Suite(.timeLimit(.minutes(1)))
struct BlobGuardsTests {
    private struct Trouble: Error {}

    private final class Order: Sendable {
        private let list = Mutex<[Int]>([])
        var numbers: [Int] { list.withLock { $0 } }
        func append(_ number: Int) { list.withLock { $0.append(number) } }
    }

    @Test func `two hundred tasks of one key run one at a time`() async throws {
        let guards = BlobGuards()
        let gauge = Gauge()
        try await withThrowingTaskGroup { group in
            for _ in 0..<200 {
                group.addTask {
                    try await guards.withExclusive("key") {
                        gauge.enter()
                        await Task.yield()
                        await Task.yield()
                        gauge.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(gauge.total == 200)
        #expect(gauge.most == 1)
    }

    @Test func `other keys do not wait`() async throws {
        let guards = BlobGuards()
        let (one, two) = (Latch(), Latch())
        try await withThrowingTaskGroup { group in
            // Each opens the other's door from inside: neither could end if they ran one after the other.
            group.addTask {
                try await guards.withExclusive("one") {
                    two.open()
                    try await one.wait()
                }
            }
            group.addTask {
                try await guards.withExclusive("two") {
                    one.open()
                    try await two.wait()
                }
            }
            try await group.waitForAll()
        }
        #expect(try await guards.withExclusive("one") { true })
    }

    @Test func `those who wait get their turn in order`() async throws {
        let guards = BlobGuards()
        let hold = Latch()
        let order = Order()
        try await withThrowingTaskGroup { group in
            let entered = Latch()
            group.addTask {
                try await guards.withExclusive("key") {
                    entered.open()
                    try await hold.wait()
                }
            }
            try await entered.wait()
            for number in 0..<10 {
                // Begins to wait before the next one is made: the part up to the wait runs at once.
                group.addImmediateTask {
                    try await guards.withExclusive("key") { order.append(number) }
                }
            }
            hold.open()
            try await group.waitForAll()
        }
        #expect(order.numbers == Array(0..<10))
    }

    @Test func `a cancelled wait ends and the key still goes on to the next`() async throws {
        let guards = BlobGuards()
        let hold = Latch()
        let entered = Latch()
        let holder = Task {
            try await guards.withExclusive("key") {
                entered.open()
                try await hold.wait()
            }
        }
        try await entered.wait()
        let waiter = Task.immediate { try await guards.withExclusive("key") { true } }
        let next = Task.immediate { try await guards.withExclusive("key") { true } }
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value }
        hold.open()
        try await holder.value
        #expect(try await next.value)
    }

    @Test func `one who was cancelled before does not even take a free key`() async throws {
        let guards = BlobGuards()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await guards.withExclusive("key") { true }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await guards.withExclusive("key") { true })
    }

    @Test func `a body that fails gives the key back`() async throws {
        let guards = BlobGuards()
        await #expect(throws: Trouble.self) { try await guards.withExclusive("key") { throw Trouble() } }
        #expect(try await guards.withExclusive("key") { true })
    }

    @Test func `under storms of cancellation no key is lost and no waiter forgotten`() async throws {
        let guards = BlobGuards()
        let gauge = Gauge()
        for round in 0..<40 {
            let tasks = (0..<20).map { number in
                Task {
                    try await guards.withExclusive("key-\(number % 3)") {
                        gauge.enter()
                        await Task.yield()
                        gauge.leave()
                    }
                }
            }
            for (number, task) in tasks.enumerated() where (number + round) % 2 == 0 { task.cancel() }
            for (number, task) in tasks.enumerated() {
                let result = await task.result
                if (number + round) % 2 == 1 { #expect(throws: Never.self) { try result.get() } }
            }
        }
        #expect(gauge.now == 0)
        #expect(gauge.most <= 3)
        for number in 0..<3 { #expect(try await guards.withExclusive("key-\(number)") { true }) }
    }

    @Test func `teams do not share keys of equal bytes`() {
        let digest = BlobDigest(size: 1, sha256: "ab")
        #expect(BlobGuards.key(team: "one", digest: digest) != BlobGuards.key(team: "two", digest: digest))
    }
}
