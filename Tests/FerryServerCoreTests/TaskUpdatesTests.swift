// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

@Suite(.timeLimit(.minutes(1)))
struct TaskUpdatesTests {
    private func submit(in world: World) async throws -> TaskRecord {
        try await world.services.tasks.submit(
            RunRequest(app: "test/echo", input: [:]), by: world.root, bases: [World.base])
    }

    private func move(_ task: TaskRecord, to status: TaskStatus, in world: World) async throws {
        _ = try #require(
            try await world.tasks.transition(
                id: task.id, to: status, from: TaskStateMachine.sources(of: status), owner: nil, change: TaskChange(),
                at: world.clock.now))
        world.bus.publish(.task(task.id))
    }

    private func status(_ update: TaskUpdate?) throws -> TaskStatus {
        guard case .snapshot(let task) = try #require(update) else { return .unknown }
        return task.status
    }

    @Test func `the first update is the state as it is and the last one the end`() async throws {
        let world = try await World()
        let task = try await submit(in: world)
        var updates = world.services.tasks.updates(of: task).makeAsyncIterator()
        #expect(try status(try await updates.next()) == .queued)
        _ = try await world.tasks.claim(owner: "me", leaseUntil: .sample, at: .sample)
        world.bus.publish(.task(task.id))
        #expect(try status(try await updates.next()) == .dispatched)
        for step in [TaskStatus.preparing, .running, .uploading, .completed] {
            try await move(task, to: step, in: world)
            #expect(try status(try await updates.next()) == step)
        }
        #expect(try await updates.next() == nil)
        #expect(try await updates.next() == nil)
    }

    @Test func `a task that has ended gives its end and nothing else`() async throws {
        let world = try await World()
        let task = try await submit(in: world)
        _ = try await world.services.tasks.cancel(id: task.id, by: world.root)
        var updates: [TaskStatus] = []
        for try await update in world.services.tasks.updates(of: task) { updates.append(try status(update)) }
        #expect(updates == [.cancelled])
    }

    @Test func `a slow reader misses states in between but never the end`() async throws {
        let world = try await World()
        let task = try await submit(in: world)
        var updates = world.services.tasks.updates(of: task).makeAsyncIterator()
        #expect(try status(try await updates.next()) == .queued)
        _ = try await world.tasks.claim(owner: "me", leaseUntil: .sample, at: .sample)
        for step in [TaskStatus.preparing, .running, .uploading, .completed] {
            try await move(task, to: step, in: world)
        }
        #expect(try status(try await updates.next()) == .completed)
        #expect(try await updates.next() == nil)
    }

    @Test func `a new log line is an update`() async throws {
        let world = try await World()
        let task = try await submit(in: world)
        var updates = world.services.tasks.updates(of: task).makeAsyncIterator()
        _ = try await updates.next()
        try await world.tasks.appendLog(id: task.id, kind: .run, text: "hello\n", maximumBytes: 100, at: .sample)
        world.bus.publish(.task(task.id))
        guard case .snapshot(let snapshot) = try #require(try await updates.next()) else {
            Issue.record("no snapshot")
            return
        }
        #expect(snapshot.logs.map(\.content) == ["hello\n"])
    }

    @Test func `a deleted task ends the updates`() async throws {
        let world = try await World()
        let task = try await submit(in: world)
        var updates = world.services.tasks.updates(of: task).makeAsyncIterator()
        _ = try await updates.next()
        try await move(task, to: .failed, in: world)
        try await world.services.tasks.delete(id: task.id, by: world.root)
        #expect(try await updates.next() == nil)
    }

    @Test func `when nothing happens there are heartbeats and now and then the state again`() async throws {
        let world = try await World { $0.heartbeatInterval = 1 }
        let task = try await submit(in: world)
        var updates = world.services.tasks.updates(of: task).makeAsyncIterator()
        #expect(try status(try await updates.next()) == .queued)
        // A wake-up without a change is neither.
        world.bus.publish(.task(task.id))
        #expect(try status(try await updates.next()) == .unknown)
        #expect(try status(try await updates.next()) == .queued)
        #expect(try status(try await updates.next()) == .unknown)
        #expect(try status(try await updates.next()) == .queued)
    }

    @Test func `a reader that goes away leaves no subscription`() async throws {
        let world = try await World()
        let task = try await submit(in: world)
        let reader = Task {
            for try await _ in world.services.tasks.updates(of: task) {}
        }
        try await eventually("it reads") { world.bus.subscriberCount == 1 }
        reader.cancel()
        _ = await reader.result
        try await eventually("it is gone") { world.bus.subscriberCount == 0 }
    }
}
