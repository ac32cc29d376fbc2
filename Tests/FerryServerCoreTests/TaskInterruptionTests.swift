// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

@Suite(.timeLimit(.minutes(1)))
struct TaskInterruptionTests {
    /// Apps that begin and then wait to be stopped.
    private func waitingApps(_ begun: Latch) -> ScriptedAppRunner {
        ScriptedAppRunner { _, _, _ in
            begun.open()
            try await Latch().wait()
            return [:]
        }
    }

    @Test func `cancelling a running task stops its app and ends the task`() async throws {
        let begun = Latch()
        let world = try await World(apps: waitingApps(begun))
        _ = try await world.submit()
        let claimed = try await world.claim()
        let run = Task { await world.execution().run(claimed) }
        try await begun.wait()
        let asked = try await world.services.tasks.cancel(id: claimed.id, by: world.root)
        #expect(asked.status == .cancelling)
        await run.value
        let task = try await world.record(of: claimed)
        #expect(task.status == .cancelled)
        #expect(task.error == "cancelled")
        #expect(task.owner == nil)
        #expect(task.events.suffix(2).map(\.status) == [.cancelling, .cancelled])
        #expect(world.apps.cancelledRuns == 1)
        #expect(world.apps.workspaces.allSatisfy { $0.isRemoved })
    }

    @Test func `an app that ends well although it was asked to stop is cancelled all the same`() async throws {
        let begun = Latch()
        let goOn = Latch()
        let apps = ScriptedAppRunner { _, workspace, _ in
            begun.open()
            // Deaf to cancellation.
            await Task { try? await goOn.wait() }.value
            return ["image": .string(workspace.write("x", to: "x.png"))]
        }
        let world = try await World(apps: apps)
        _ = try await world.submit()
        let claimed = try await world.claim()
        let run = Task { await world.execution().run(claimed) }
        try await begun.wait()
        _ = try await world.services.tasks.cancel(id: claimed.id, by: world.root)
        goOn.open()
        await run.value
        #expect(try await world.record(of: claimed).status == .cancelled)
        #expect(try await world.listFiles().isEmpty)
    }

    @Test func `an app that fails after it was asked to stop is cancelled`() async throws {
        let begun = Latch()
        let apps = ScriptedAppRunner { _, _, _ in
            begun.open()
            do { try await Latch().wait() } catch { throw AppFailure(message: "killed") }
            return [:]
        }
        let world = try await World(apps: apps)
        _ = try await world.submit()
        let claimed = try await world.claim()
        let run = Task { await world.execution().run(claimed) }
        try await begun.wait()
        _ = try await world.services.tasks.cancel(id: claimed.id, by: world.root)
        await run.value
        #expect(try await world.record(of: claimed).status == .cancelled)
    }

    @Test func `a shutdown puts the task back to the queue`() async throws {
        let begun = Latch()
        let world = try await World(apps: waitingApps(begun))
        _ = try await world.submit()
        let claimed = try await world.claim()
        let run = Task { await world.execution().run(claimed) }
        try await begun.wait()
        run.cancel()
        await run.value
        let task = try await world.record(of: claimed)
        #expect(task.status == .queued)
        #expect(task.error == nil)
        #expect(world.apps.cancelledRuns == 1)
        #expect(world.apps.workspaces.allSatisfy { $0.isRemoved })
        #expect(task.attempts == 0)
        #expect(try await world.claim(owner: "next").id == task.id)
    }

    @Test func `a task outlives more shutdowns than it has attempts`() async throws {
        let begun = Latch()
        let world = try await World(apps: waitingApps(begun))
        _ = try await world.submit()
        for _ in 0..<(world.limits.maximumAttempts + 2) {
            let claimed = try await world.claim()
            #expect(claimed.attempts == 1)
            let run = Task { await world.execution().run(claimed) }
            try await begun.wait()
            run.cancel()
            await run.value
            #expect(try await world.record(of: claimed).status == .queued)
        }
    }

    @Test func `a shutdown while the task is being cancelled ends it`() async throws {
        let begun = Latch()
        let world = try await World(apps: waitingApps(begun))
        _ = try await world.submit()
        let claimed = try await world.claim()
        // Nobody is told of the cancellation: the shutdown comes first.
        let run = Task { await world.execution().run(claimed) }
        try await begun.wait()
        _ = try await world.tasks.transition(
            id: claimed.id, to: .cancelling, from: TaskStateMachine.sources(of: .cancelling), owner: nil,
            change: TaskChange(), at: world.clock.now)
        run.cancel()
        await run.value
        #expect(try await world.record(of: claimed).status == .cancelled)
    }

    @Test func `who lost the lease stops and leaves the task to the other`() async throws {
        let begun = Latch()
        let world = try await World(apps: waitingApps(begun))
        _ = try await world.submit()
        let claimed = try await world.claim()
        let run = Task { await world.execution().run(claimed) }
        try await begun.wait()
        world.clock.advance(bySeconds: 2 * world.limits.taskLease)
        let taken = try await world.tasks.reclaim(
            leaseExpiredBefore: Timestamp(microseconds: .max), error: "interrupted", at: world.clock.now)
        #expect(taken.map(\.id) == [claimed.id])
        #expect(try await world.claim(owner: "other").id == claimed.id)
        await run.value
        let task = try await world.record(of: claimed)
        #expect(task.status == .dispatched)
        #expect(task.owner == "other")
        #expect(task.error == nil)
        #expect(world.apps.cancelledRuns == 1)
    }

    @Test func `who lost the lease cannot end the task even if its app ended well`() async throws {
        let begun = Latch()
        let goOn = Latch()
        let apps = ScriptedAppRunner { _, _, _ in
            begun.open()
            await Task { try? await goOn.wait() }.value
            return [:]
        }
        let world = try await World(apps: apps)
        _ = try await world.submit()
        let claimed = try await world.claim()
        let run = Task { await world.execution().run(claimed) }
        try await begun.wait()
        _ = try await world.tasks.reclaim(
            leaseExpiredBefore: Timestamp(microseconds: .max), error: "interrupted", at: world.clock.now)
        _ = try await world.claim(owner: "other")
        goOn.open()
        await run.value
        #expect(try await world.record(of: claimed).status == .dispatched)
        await world.execution(owner: "other").run(try await world.record(of: claimed))
        let task = try await world.record(of: claimed)
        #expect(task.status == .completed)
        #expect(task.attempts == 2)
    }

    @Test func `the lease of a long task is kept`() async throws {
        let begun = Latch()
        let world = try await World(apps: waitingApps(begun))
        _ = try await world.submit()
        let claimed = try await world.claim()
        let run = Task { await world.execution().run(claimed) }
        try await begun.wait()
        for _ in 0..<3 {
            world.clock.advance(bySeconds: world.limits.taskLease / 2)
            let expected = world.clock.now.advanced(bySeconds: world.limits.taskLease)
            try await eventually("the lease is renewed") {
                try await world.tasks.task(id: claimed.id)?.leaseExpiresAt == expected
            }
        }
        run.cancel()
        await run.value
    }

    @Test(arguments: 0..<40)
    func `whenever a cancellation comes there is one end`(delay: Int) async throws {
        let apps = ScriptedAppRunner { _, workspace, events in
            for number in 0..<5 { await events(.log("\(number)")) }
            return ["image": .string(workspace.write("x", to: "x.png"))]
        }
        let world = try await World(apps: apps)
        _ = try await world.submit()
        let claimed = try await world.claim()
        let run = Task { await world.execution().run(claimed) }
        for _ in 0..<(delay * 3) { await Task.yield() }
        _ = try await world.services.tasks.cancel(id: claimed.id, by: world.root)
        await run.value
        let task = try await world.record(of: claimed)
        #expect([.completed, .cancelled].contains(task.status))
        #expect(world.apps.workspaces.allSatisfy { $0.isRemoved })
    }
}
