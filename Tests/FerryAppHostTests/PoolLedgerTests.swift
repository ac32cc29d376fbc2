// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Testing

@testable import FerryAppHost

@Suite struct PoolLedgerTests {
    private func key(_ version: String, team: String = "team", setup: JSONValue = .null) -> WorkerKey {
        var job = AppJob.sample("t")
        job.versionID = version
        job.teamID = team
        job.setup = setup
        return WorkerKey(job)
    }

    @Test func `a worker is shared by equal version, setup and team, and by nothing less`() {
        #expect(key("a", setup: ["x": 1, "y": 2]) == key("a", setup: ["y": 2, "x": 1]))
        #expect(key("a", setup: ["x": 1]) != key("a", setup: ["x": 2]))
        #expect(key("a") != key("b"))
        #expect(key("a") != key("a", team: "other"))
    }

    @Test func `an idle worker is used again, the one that was idle longest first`() {
        var ledger = PoolLedger(capacity: 4)
        #expect(ledger.request(1, key("a"), concurrency: 4) == [.start(1, 1)])
        #expect(ledger.request(2, key("a"), concurrency: 4) == [.start(2, 2)])
        #expect(ledger.giveBack(2).1 == [])
        #expect(ledger.giveBack(1).1 == [])
        #expect(ledger.request(3, key("a"), concurrency: 4) == [.use(2, 3)])
        #expect(ledger.request(4, key("a"), concurrency: 4) == [.use(1, 4)])
        #expect(ledger.request(5, key("a"), concurrency: 4) == [.start(3, 5)])
    }

    @Test func `who waits longest is served first, and a version has no more workers than it may`() {
        var ledger = PoolLedger(capacity: 4)
        _ = ledger.request(1, key("a"), concurrency: 1)
        #expect(ledger.request(2, key("a"), concurrency: 1) == [])
        #expect(ledger.request(3, key("a"), concurrency: 1) == [])
        #expect(ledger.request(4, key("b"), concurrency: 1) == [.start(2, 4)])
        #expect(ledger.giveBack(1).1 == [.use(1, 2)])
        #expect(ledger.giveBack(1).1 == [.use(1, 3)])
    }

    @Test func `an idle worker of others ends when room is needed, the oldest first, once for each who waits`() {
        var ledger = PoolLedger(capacity: 2)
        _ = ledger.request(1, key("a"), concurrency: 2)
        _ = ledger.request(2, key("b"), concurrency: 2)
        _ = ledger.giveBack(2)
        _ = ledger.giveBack(1)
        #expect(ledger.request(3, key("c"), concurrency: 2) == [.end(2)])
        #expect(ledger.request(4, key("a"), concurrency: 2) == [.use(1, 4)])
        #expect(ledger.lose(2) == [.start(3, 3)])
        #expect(ledger.count == 2)
    }

    @Test func `a busy version does not starve one that waits for room`() {
        var ledger = PoolLedger(capacity: 1)
        _ = ledger.request(1, key("a"), concurrency: 1)
        #expect(ledger.request(2, key("b"), concurrency: 1) == [])
        #expect(ledger.request(3, key("a"), concurrency: 1) == [])
        #expect(ledger.giveBack(1).1 == [.end(1)])
        #expect(ledger.lose(1) == [.start(2, 2)])
        #expect(ledger.giveBack(2).1 == [.end(2)])
        #expect(ledger.lose(2) == [.start(3, 3)])
    }

    @Test func `a setup of the same version makes room for another where the version may have no more`() {
        var ledger = PoolLedger(capacity: 4)
        _ = ledger.request(1, key("a", setup: 1), concurrency: 1)
        _ = ledger.giveBack(1)
        #expect(ledger.request(2, key("a", setup: 2), concurrency: 1) == [.end(1)])
        #expect(ledger.lose(1) == [.start(2, 2)])
    }

    @Test func `who gives up waits no more, and a worker that was used since stays`() {
        var ledger = PoolLedger(capacity: 1)
        _ = ledger.request(1, key("a"), concurrency: 1)
        #expect(ledger.request(2, key("a"), concurrency: 1) == [])
        #expect(ledger.withdraw(2).wasWaiting)
        #expect(!ledger.withdraw(1).wasWaiting)
        let first = ledger.giveBack(1).idleness ?? 0
        #expect(ledger.request(3, key("a"), concurrency: 1) == [.use(1, 3)])
        #expect(ledger.expire(1, idleness: first) == [])
        let second = ledger.giveBack(1).idleness ?? 0
        #expect(ledger.expire(1, idleness: first) == [])
        #expect(ledger.expire(1, idleness: second) == [.end(1)])
        #expect(ledger.expire(1, idleness: second) == [])
    }

    @Test func `whatever happens, the pool never has too many workers and loses no waiter`() {
        var generator = SeededGenerator(state: 11)
        for round in 0..<300 {
            var ledger = PoolLedger(capacity: 3)
            var waiting: Set<Int> = []
            var busy: Set<Int> = []
            var idle: [Int: Int] = [:]
            var ending: Set<Int> = []
            func act(_ decisions: [PoolLedger.Decision]) {
                for decision in decisions {
                    switch decision {
                    case .use(let slot, let waiter):
                        #expect(waiting.remove(waiter) != nil && idle.removeValue(forKey: slot) != nil)
                        busy.insert(slot)
                    case .start(let slot, let waiter):
                        #expect(waiting.remove(waiter) != nil)
                        busy.insert(slot)
                    case .end(let slot):
                        #expect(idle.removeValue(forKey: slot) != nil)
                        ending.insert(slot)
                    }
                }
                #expect(busy.count + idle.count + ending.count == ledger.count && ledger.count <= 3)
            }
            func giveBack(_ slot: Int) {
                busy.remove(slot)
                let (idleness, decisions) = ledger.giveBack(slot)
                idle[slot] = idleness
                act(decisions)
            }
            for step in 0..<60 {
                switch Int.random(in: 0..<5, using: &generator) {
                case 0, 1:
                    waiting.insert(step)
                    act(
                        ledger.request(
                            step, key("abcde".randomElement(using: &generator).map(String.init) ?? ""), concurrency: 2))
                case 2: if let slot = busy.sorted().randomElement(using: &generator) { giveBack(slot) }
                case 3:
                    if let slot = (ending.sorted() + busy.sorted()).randomElement(using: &generator) {
                        ending.remove(slot)
                        busy.remove(slot)
                        act(ledger.lose(slot))
                    }
                default:
                    if let (slot, idleness) = idle.min(by: { $0.key < $1.key }) {
                        act(ledger.expire(slot, idleness: idleness))
                    }
                }
            }
            for _ in 0..<200 where !waiting.isEmpty {
                if let slot = ending.popFirst() { act(ledger.lose(slot)) }
                if let slot = busy.first { giveBack(slot) }
            }
            #expect(waiting == [], "round \(round)")
        }
    }
}
