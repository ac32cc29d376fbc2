// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Testing

@testable import FerryAppHost

@Suite struct PoolLanesTests {
    private func key(_ version: String, setup: JSONValue = .null) -> WorkerKey {
        var job = AppJob.sample("t")
        job.versionID = version
        job.setup = setup
        return WorkerKey(job)
    }

    private let many = WorkerConcurrency(ordinary: 4, chats: 64)

    @Test func `chats take no place of ordinary tasks, nor these of chats`() {
        var ledger = PoolLedger(capacity: 2, chatCapacity: 64, idleChats: 8)
        for waiter in 1...50 {
            #expect(ledger.request(waiter, key("a"), concurrency: many, lane: .chat) == [.start(waiter, waiter)])
        }
        #expect(ledger.request(51, key("a"), concurrency: many) == [.start(51, 51)])
        #expect(ledger.request(52, key("b"), concurrency: many) == [.start(52, 52)])
        #expect(ledger.request(53, key("b"), concurrency: many) == [])
        #expect(ledger.request(54, key("b"), concurrency: many, lane: .chat) == [.start(53, 54)])
        #expect(ledger.count(.chat) == 51 && ledger.count(.ordinary) == 2)
    }

    @Test func `chats beyond their places wait for one of theirs`() {
        var ledger = PoolLedger(capacity: 2, chatCapacity: 2, idleChats: 2)
        _ = ledger.request(1, key("a"), concurrency: many, lane: .chat)
        _ = ledger.request(2, key("b"), concurrency: many, lane: .chat)
        #expect(ledger.request(3, key("c"), concurrency: many, lane: .chat) == [])
        #expect(ledger.request(4, key("c"), concurrency: many) == [.start(3, 4)])
        #expect(ledger.giveBack(1).1 == [.end(1)])
        #expect(ledger.lose(1) == [.start(4, 3)])
    }

    @Test func `an idle worker changes its kind where that has a place`() {
        var ledger = PoolLedger(capacity: 1, chatCapacity: 2, idleChats: 2)
        _ = ledger.request(1, key("a"), concurrency: many)
        _ = ledger.giveBack(1)
        #expect(ledger.request(2, key("a"), concurrency: many, lane: .chat) == [.use(1, 2)])
        #expect(ledger.count(.chat) == 1 && ledger.count(.ordinary) == 0)
        #expect(ledger.request(3, key("b"), concurrency: many) == [.start(2, 3)])
        _ = ledger.giveBack(1)
        // It has no place among ordinary workers now, so the task waits.
        #expect(ledger.request(4, key("a"), concurrency: many) == [])
        #expect(ledger.giveBack(2).1 == [.end(2)])
        #expect(ledger.lose(2) == [.use(1, 4)])
        #expect(ledger.count(.ordinary) == 1 && ledger.count(.chat) == 0)
    }

    @Test func `a worker of its own kind is taken before one of the other`() {
        var ledger = PoolLedger(capacity: 2, chatCapacity: 2, idleChats: 2)
        _ = ledger.request(1, key("a"), concurrency: many)
        _ = ledger.request(2, key("a"), concurrency: many, lane: .chat)
        _ = ledger.giveBack(1)
        _ = ledger.giveBack(2)
        #expect(ledger.request(3, key("a"), concurrency: many, lane: .chat) == [.use(2, 3)])
    }

    @Test func `a few idle workers of chats are kept, the newest`() {
        var ledger = PoolLedger(capacity: 2, chatCapacity: 64, idleChats: 8)
        for waiter in 1...20 { _ = ledger.request(waiter, key("a"), concurrency: many, lane: .chat) }
        var ended: [PoolLedger.Decision] = []
        for slot in 1...20 { ended += ledger.giveBack(slot).1 }
        #expect(ended == (1...12).map { .end($0) })
        for slot in 1...12 { #expect(ledger.lose(slot) == []) }
        #expect(ledger.count == 8)
    }

    @Test func `a version that takes a graphics processor has one worker for both kinds`() {
        var ledger = PoolLedger(capacity: 4, chatCapacity: 4, idleChats: 4)
        _ = ledger.request(1, key("a"), concurrency: 1)
        #expect(ledger.request(2, key("a"), concurrency: 1, lane: .chat) == [])
        #expect(ledger.giveBack(1).1 == [.use(1, 2)])
        #expect(ledger.request(3, key("a", setup: 1), concurrency: 1) == [])
        #expect(ledger.giveBack(1).1 == [.end(1)])
        #expect(ledger.lose(1) == [.start(2, 3)])
    }

    @Test func `whatever happens, neither kind has too many workers and no waiter is lost`() {
        var generator = SeededGenerator(state: 5)
        for round in 0..<300 {
            var ledger = PoolLedger(capacity: 2, chatCapacity: 3, idleChats: 1)
            var waiting: Set<Int> = []
            var busy: Set<Int> = []
            var ending: Set<Int> = []
            func act(_ decisions: [PoolLedger.Decision]) {
                for decision in decisions {
                    switch decision {
                    case .use(let slot, let waiter), .start(let slot, let waiter):
                        #expect(waiting.remove(waiter) != nil)
                        #expect(busy.insert(slot).inserted)
                    case .end(let slot):
                        #expect(!busy.contains(slot) && ending.insert(slot).inserted)
                    }
                }
                #expect(ledger.count(.ordinary) <= 2 && ledger.count(.chat) <= 3)
            }
            for step in 0..<80 {
                switch Int.random(in: 0..<4, using: &generator) {
                case 0, 1:
                    waiting.insert(step)
                    let version = ["a", "b", "c"].randomElement(using: &generator) ?? "a"
                    act(
                        ledger.request(
                            step, key(version),
                            concurrency: version == "c" ? 1 : WorkerConcurrency(ordinary: 2, chats: 3),
                            lane: Bool.random(using: &generator) ? .chat : .ordinary))
                case 2:
                    if let slot = busy.sorted().randomElement(using: &generator) {
                        busy.remove(slot)
                        act(ledger.giveBack(slot).1)
                    }
                default:
                    if let slot = ending.sorted().randomElement(using: &generator) {
                        ending.remove(slot)
                        act(ledger.lose(slot))
                    }
                }
            }
            for _ in 0..<400 where !waiting.isEmpty {
                if let slot = ending.popFirst() { act(ledger.lose(slot)) }
                if let slot = busy.popFirst() { act(ledger.giveBack(slot).1) }
            }
            #expect(waiting == [], "round \(round)")
        }
    }
}
