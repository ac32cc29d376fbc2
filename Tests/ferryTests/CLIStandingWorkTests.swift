// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@testable import ferry

/// What keeps a server that ends for idleness.
@Suite struct CLIStandingWorkTests {
    private static let now = Timestamp(seconds: 1_800_000_000)

    private static func isKept(tasks: Int = 0, agent: Bool = false, sessions: Int = 0, delivery: Int64? = nil) async
        -> Bool
    {
        let work = StandingWork(
            unfinishedTasks: { tasks }, isAgentAtWork: { agent }, activeSessions: { sessions },
            nextDelivery: { delivery.map { now.advanced(bySeconds: $0) } })
        return await work.isAny(at: now)
    }

    @Test func `tasks, agents and sessions keep a server, and nothing else does`() async {
        #expect(await !Self.isKept())
        #expect(await Self.isKept(tasks: 1))
        #expect(await Self.isKept(agent: true))
        #expect(await Self.isKept(sessions: 1))
    }

    @Test(arguments: [(Int64(-5), true), (0, true), (600, true), (601, false), (21_600, false)])
    func `a delivery keeps it if it is due within ten minutes`(seconds: Int64, isKept: Bool) async {
        #expect(await Self.isKept(delivery: seconds) == isKept)
    }

    @Test func `a store that fails for a moment does not end the server`() async {
        struct Trouble: Error {}
        let work = StandingWork(
            unfinishedTasks: { throw Trouble() }, isAgentAtWork: { false }, activeSessions: { 0 }, nextDelivery: { nil }
        )
        #expect(await work.isAny(at: Self.now))
    }
}
