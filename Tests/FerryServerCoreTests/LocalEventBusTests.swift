// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import Testing

@testable import FerryServerCore

@Suite(.timeLimit(.minutes(1)))
struct LocalEventBusTests {
    @Test func `the bus does what its port promises`() async throws {
        try await EventBusConformance { LocalEventBus() }.run()
    }

    @Test func `signals come for changes and for time, and end with their task`() async throws {
        let bus = LocalEventBus()
        let seen = Gauge()
        let ticked = Latch()
        let reader = Task {
            for await signal in bus.signals(of: .queue, every: .milliseconds(1)) {
                if signal == .changed { seen.enter() } else { ticked.open() }
            }
        }
        try await ticked.wait()
        bus.publish(.queue)
        try await eventually("the change is seen") { seen.total == 1 }
        bus.publish(.task("other"))
        reader.cancel()
        await reader.value
        #expect(seen.total == 1)
        try await eventually("nobody listens any more") { bus.subscriberCount == 0 }
    }
}
