// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

struct TaskLifeTests {
    private func submit(in world: World) async throws -> TaskRecord {
        try await world.services.tasks.submit(
            RunRequest(app: "test/echo", input: [:]), by: world.root, bases: [World.base])
    }

    /// A claimed task brought to a state by legal steps.
    private func task(_ status: TaskStatus, in world: World) async throws -> TaskRecord {
        let task = try await submit(in: world)
        if status == .queued { return task }
        _ = try await world.tasks.claim(
            owner: "me", leaseUntil: world.clock.now.advanced(bySeconds: 30), at: world.clock.now)
        let steps: [TaskStatus] =
            switch status {
            case .dispatched: []
            case .preparing: [.preparing]
            case .serving, .settingUp: [.preparing, status]
            case .running: [.preparing, .running]
            case .uploading: [.preparing, .running, .uploading]
            case .cancelling: [.cancelling]
            case .completed: [.preparing, .running, .uploading, .completed]
            case .cancelled: [.cancelling, .cancelled]
            default: [status]
            }
        for step in steps {
            _ = try #require(
                try await world.tasks.transition(
                    id: task.id, to: step, from: TaskStateMachine.sources(of: step), owner: nil, change: TaskChange(),
                    at: world.clock.now))
        }
        return try #require(try await world.tasks.task(id: task.id))
    }

    @Test func `cancelling a queued task ends it at once`() async throws {
        let world = try await World()
        let task = try await submit(in: world)
        let cancelled = try await world.services.tasks.cancel(id: task.id, by: world.root)
        #expect(cancelled.status == .cancelled)
        #expect(cancelled.events.map(\.status) == [.received, .queued, .cancelled])
        #expect(try await world.tasks.claim(owner: "me", leaseUntil: .sample, at: .sample) == nil)
    }

    @Test(arguments: [TaskStatus.dispatched, .preparing, .serving, .settingUp, .running, .uploading])
    func `cancelling a task under way asks its owner to stop`(status: TaskStatus) async throws {
        let world = try await World()
        let task = try await task(status, in: world)
        let cancelled = try await world.services.tasks.cancel(id: task.id, by: world.root)
        #expect(cancelled.status == .cancelling)
        #expect(cancelled.owner == "me")
        // Asking again changes nothing.
        #expect(try await world.services.tasks.cancel(id: task.id, by: world.root) == cancelled)
    }

    @Test(arguments: [TaskStatus.completed, .failed, .cancelled])
    func `cancelling a task that has ended changes nothing`(status: TaskStatus) async throws {
        let world = try await World()
        let task = try await task(status, in: world)
        #expect(task.status == status)
        #expect(try await world.services.tasks.cancel(id: task.id, by: world.root) == task)
        #expect(try await world.tasks.task(id: task.id) == task)
    }

    @Test(arguments: [TaskStatus.queued, .dispatched, .preparing, .running, .uploading, .cancelling])
    func `a task that has not ended cannot be deleted`(status: TaskStatus) async throws {
        let world = try await World()
        let task = try await task(status, in: world)
        let error = try await refusal { try await world.services.tasks.delete(id: task.id, by: world.root) }
        #expect(error.code == .invalidTransition)
        #expect(try await world.tasks.task(id: task.id) == task)
    }

    @Test(arguments: [TaskStatus.completed, .failed, .cancelled])
    func `a task that has ended can be deleted once`(status: TaskStatus) async throws {
        let world = try await World()
        let task = try await task(status, in: world)
        try await world.services.tasks.delete(id: task.id, by: world.root)
        #expect(try await world.tasks.task(id: task.id) == nil)
        let error = try await refusal { try await world.services.tasks.delete(id: task.id, by: world.root) }
        #expect(error.code == .notFound)
    }

    @Test func `another team's task looks like none at all`() async throws {
        let world = try await World()
        let other = try await world.principal(team: "other")
        let task = try await submit(in: world)
        let absent = try await refusal {
            _ = try await world.services.tasks.task(id: Identifier.random(), for: other)
        }
        for id in [task.id, "x", "", task.id.uppercased()] {
            let refusals = [
                try await refusal { _ = try await world.services.tasks.task(id: id, for: other) },
                try await refusal { _ = try await world.services.tasks.cancel(id: id, by: other) },
                try await refusal { try await world.services.tasks.delete(id: id, by: other) },
                try await refusal { _ = try await world.services.tasks.ended(id: id, for: other) },
            ]
            #expect(refusals.allSatisfy { $0.code == .notFound && $0.message == absent.message })
        }
        #expect(try await world.services.tasks.list(CursorListRequest(), for: other).records.isEmpty)
        #expect(try await world.tasks.task(id: task.id) == task)
    }

    @Test func `tasks are listed newest first by state`() async throws {
        let world = try await World()
        let done = try await task(.completed, in: world)
        world.clock.advance(bySeconds: 1)
        let waiting = try await submit(in: world)
        let all = try await world.services.tasks.list(CursorListRequest(), for: world.root)
        #expect(all.records.map(\.id) == [waiting.id, done.id])
        let filter = ListFilter(field: "status", operation: .eq, value: 10)
        let ended = try await world.services.tasks.list(CursorListRequest(filters: [filter]), for: world.root)
        #expect(ended.records.map(\.id) == [done.id])
        #expect(try await world.services.tasks.unfinishedCount() == 1)
    }

    @Test func `waiting for a task's end ends with it`() async throws {
        let world = try await World()
        let task = try await submit(in: world)
        async let end = world.services.tasks.ended(id: task.id, for: world.root)
        try await eventually("somebody waits") { world.bus.subscriberCount == 1 }
        _ = try await world.services.tasks.cancel(id: task.id, by: world.root)
        #expect(try await end.status == .cancelled)
        #expect(try await world.services.tasks.ended(id: task.id, for: world.root).status == .cancelled)
        try await eventually("nobody waits any more") { world.bus.subscriberCount == 0 }
    }

    @Test func `waiting for an end can be cancelled`() async throws {
        let world = try await World()
        let task = try await submit(in: world)
        let wait = Task { try await world.services.tasks.ended(id: task.id, for: world.root) }
        try await eventually("somebody waits") { world.bus.subscriberCount == 1 }
        wait.cancel()
        await #expect(throws: CancellationError.self) { try await wait.value }
        try await eventually("nobody waits any more") { world.bus.subscriberCount == 0 }
    }
}
