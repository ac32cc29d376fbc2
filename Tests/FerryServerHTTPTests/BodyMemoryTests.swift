// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import Testing

@testable import FerryServerHTTP

@Suite(.timeLimit(.minutes(1)))
struct BodyMemoryTests {
    @Test func `a share is given back when it is released or forgotten`() async throws {
        let memory = BodyMemory(capacity: 100, patience: .seconds(30))
        do {
            let share = memory.share()
            try await share.grow(by: 60)
            try await share.grow(by: 40)
            #expect(memory.free == 0)
            share.release()
            share.release()
            #expect(memory.free == 100)
            try await share.grow(by: 1)
        }
        #expect(memory.free == 100)
    }

    @Test func `what never fits is refused at once`() async throws {
        let memory = BodyMemory(capacity: 100, patience: .seconds(30))
        let share = memory.share()
        try await share.grow(by: 60)
        let error = await #expect(throws: ServerError.self) { try await share.grow(by: 41) }
        #expect(error?.code == .payloadTooLarge)
        #expect(memory.free == 40)
    }

    @Test func `who waits is served in turn and never more than there is`() async throws {
        let memory = BodyMemory(capacity: 100, patience: .seconds(30))
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    let share = memory.share()
                    guard (try? await share.grow(by: 40)) != nil else { return false }
                    await Task.yield()
                    return memory.free >= 0
                }
            }
            for await isGood in group { #expect(isGood) }
        }
        #expect(memory.free == 100)
    }

    @Test func `who waits too long is told to come back and keeps nobody behind`() async throws {
        let memory = BodyMemory(capacity: 100, patience: .milliseconds(50))
        let (holder, large, small) = (memory.share(), memory.share(), memory.share())
        try await holder.grow(by: 60)
        let error = await #expect(throws: ServerError.self) { try await large.grow(by: 50) }
        #expect(error?.code == .unavailable)
        try await small.grow(by: 40)
        #expect(memory.free == 0)
    }

    @Test func `a wait can be cancelled`() async throws {
        let memory = BodyMemory(capacity: 100, patience: .seconds(3600))
        let (holder, waiter) = (memory.share(), memory.share())
        try await holder.grow(by: 100)
        let waiting = Task { try await waiter.grow(by: 1) }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        holder.release()
        #expect(memory.free == 100)
    }

    @Test func `the cost of text counts its values but not what is within strings`() {
        func values(_ text: String) -> Int {
            (JSONCost.estimate(Array(text.utf8)) - text.utf8.count) / JSONCost.perValue
        }
        #expect(values("1") == 1)
        #expect(values("[1,2,3]") == 4)
        #expect(values("{\"a,b\":\"[{,\\\",,\",\"c\":[]}") == 6)
    }
}
