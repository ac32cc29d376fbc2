// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

@Suite(.timeLimit(.minutes(1)))
struct TaskDispatcherTests {
    private func ended(_ tasks: [TaskRecord], in world: World) async throws -> [TaskRecord] {
        try await eventually("all have ended") { try await world.tasks.unfinishedCount() == 0 }
        var records: [TaskRecord] = []
        for task in tasks { records.append(try await world.record(of: task)) }
        return records
    }

    @Test func `queued tasks run, a bounded number at once`() async throws {
        let gauge = Gauge()
        let apps = ScriptedAppRunner { _, _, _ in
            gauge.enter()
            for _ in 0..<50 { await Task.yield() }
            gauge.leave()
            return [:]
        }
        let world = try await World(apps: apps) { $0.maximumConcurrentTasks = 3 }
        var tasks: [TaskRecord] = []
        for _ in 0..<10 { tasks.append(try await world.submit()) }
        try await world.withService(world.services.dispatcher) {
            for _ in 0..<10 { tasks.append(try await world.submit()) }
            let records = try await ended(tasks, in: world)
            #expect(records.allSatisfy { $0.status == .completed && $0.attempts == 1 })
        }
        #expect(gauge.total == 20)
        #expect(gauge.most <= 3)
        #expect(Set(apps.jobs.map(\.taskID)) == Set(tasks.map(\.id)))
    }

    @Test func `as many tasks run at once as may`() async throws {
        let allRun = Latch()
        let gauge = Gauge()
        let apps = ScriptedAppRunner { _, _, _ in
            gauge.enter()
            if gauge.now == 2 { allRun.open() }
            try await allRun.wait()
            return [:]
        }
        let world = try await World(apps: apps)
        let tasks = [try await world.submit(), try await world.submit()]
        try await world.withService(world.services.dispatcher) {
            let records = try await ended(tasks, in: world)
            #expect(records.allSatisfy { $0.status == .completed })
        }
        #expect(gauge.most == 2)
    }

    @Test func `tasks interrupted by a death run again from the start`() async throws {
        let world = try await World()
        let tasks = [try await world.submit(), try await world.submit()]
        _ = try await world.claim(owner: "the dead")
        let second = try await world.claim(owner: "the dead")
        for status in [TaskStatus.preparing, .running] {
            _ = try await world.tasks.transition(
                id: second.id, to: status, from: TaskStateMachine.sources(of: status), owner: "the dead",
                change: TaskChange(), at: world.clock.now)
        }
        try await world.withService(world.services.dispatcher) {
            let records = try await ended(tasks, in: world)
            #expect(records.allSatisfy { $0.status == .completed && $0.attempts == 2 })
        }
    }

    @Test func `a task whose attempts were all interrupted fails and says so`() async throws {
        let world = try await World { $0.maximumAttempts = 1 }
        let task = try await world.submit()
        _ = try await world.claim(owner: "the dead")
        try await world.withService(world.services.dispatcher) {
            let record = try await ended([task], in: world)[0]
            #expect(record.status == .failed)
            #expect(record.error?.contains("interrupted") == true)
        }
        #expect(world.apps.jobs.isEmpty)
    }

    @Test func `a cancellation that a death interrupted is completed`() async throws {
        let world = try await World()
        let task = try await world.submit()
        _ = try await world.claim(owner: "the dead")
        _ = try await world.services.tasks.cancel(id: task.id, by: world.root)
        try await world.withService(world.services.dispatcher) {
            let records = try await ended([task], in: world)
            #expect(records.map(\.status) == [.cancelled])
        }
        #expect(world.apps.jobs.isEmpty)
    }

    @Test func `beside other processes a task whose lease is alive is left alone`() async throws {
        let world = try await World(isAlone: false)
        let task = try await world.submit()
        let mine = try await world.submit()
        let claimed = try await world.claim(owner: "the other")
        try await world.withService(world.services.dispatcher) {
            let own = claimed.id == task.id ? mine : task
            try await eventually("the other task has ended") {
                try await world.record(of: own).status == .completed
            }
            #expect(try await world.record(of: claimed).owner == "the other")
        }
        #expect(try await world.record(of: claimed).status == .dispatched)
    }

    @Test func `a graceful shutdown puts running tasks back and takes no more`() async throws {
        let gauge = Gauge()
        let apps = ScriptedAppRunner { _, _, _ in
            gauge.enter()
            try await Latch().wait()
            return [:]
        }
        let world = try await World(apps: apps)
        var tasks: [TaskRecord] = []
        for _ in 0..<4 { tasks.append(try await world.submit()) }
        try await world.withService(world.services.dispatcher) {
            try await eventually("two run") { gauge.total == 2 }
        }
        for task in tasks { #expect(try await world.record(of: task).status == .queued) }
        #expect(apps.jobs.count == 2)
        #expect(apps.cancelledRuns == 2)
        #expect(apps.workspaces.allSatisfy { $0.isRemoved })
    }

    @Test func `a task that fails does not stop the next`() async throws {
        let apps = ScriptedAppRunner { job, _, _ in
            if job.input["bad"] == true { throw AppFailure(message: "bad") }
            return [:]
        }
        let world = try await World(apps: apps) { $0.maximumConcurrentTasks = 1 }
        var tasks: [TaskRecord] = []
        for number in 0..<6 { tasks.append(try await world.submit(["bad": .bool(number % 2 == 0)])) }
        try await world.withService(world.services.dispatcher) {
            let states = try await ended(tasks, in: world).map(\.status)
            #expect(states == [.failed, .completed, .failed, .completed, .failed, .completed])
        }
    }
}
