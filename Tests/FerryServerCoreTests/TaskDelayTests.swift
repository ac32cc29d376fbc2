// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

struct TaskDelayTests {
    private func submit(in seconds: Int64, _ world: World) async throws -> TaskRecord {
        let request = RunRequest(
            app: "test/resize", input: [:], runAt: world.clock.now.advanced(bySeconds: seconds))
        return try await world.services.tasks.submit(request, by: world.root, bases: [World.base])
    }

    private func claim(_ world: World) async throws -> String? {
        try await world.tasks.claim(
            owner: "me", leaseUntil: world.clock.now.advanced(bySeconds: 30), at: world.clock.now)?.id
    }

    @Test func `a task waits for its time and says which`() async throws {
        let world = try await World()
        let task = try await submit(in: 60, world)
        #expect(task.status == .queued)
        #expect(try await claim(world) == nil)
        let shown = TaskPresenter(files: world.presenter, limits: world.limits).present(task)
        #expect(shown.runAt == world.clock.now.advanced(bySeconds: 60))
        #expect(try TaskDTO(json: shown.json).runAt == shown.runAt)
        world.clock.advance(bySeconds: 59)
        #expect(try await claim(world) == nil)
        world.clock.advance(bySeconds: 1)
        #expect(try await claim(world) == task.id)
    }

    @Test(arguments: [0, -1, -3600] as [Int64])
    func `a time that is over means at once`(seconds: Int64) async throws {
        let world = try await World()
        let task = try await submit(in: seconds, world)
        #expect(try await claim(world) == task.id)
    }

    @Test func `a time more than a year ahead is refused`() async throws {
        let world = try await World()
        let year: Int64 = 365 * 24 * 3600
        _ = try await submit(in: year, world)
        let error = try await refusal { _ = try await submit(in: year + 1, world) }
        #expect(error.code == .validation)
        #expect(error.message.hasPrefix("/run_at"))
        #expect(try await world.services.tasks.unfinishedCount() == 1)
    }

    @Test func `a task that waits for its time can be cancelled`() async throws {
        let world = try await World()
        let task = try await submit(in: 60, world)
        #expect(try await world.services.tasks.cancel(id: task.id, by: world.root).status == .cancelled)
        world.clock.advance(bySeconds: 61)
        #expect(try await claim(world) == nil)
    }
}
