// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

struct SessionTests {
    private func submit(
        _ session: String?, timeout: Int64? = nil, app: String = "test/echo", setup: JSONValue = .null,
        by principal: Principal? = nil, in world: World
    ) async throws -> TaskRecord {
        let request = RunRequest(
            app: app, input: [:], setup: setup, session: session, sessionTimeout: timeout)
        return try await world.services.tasks.submit(request, by: principal ?? world.root, bases: [World.base])
    }

    /// Takes the next task and runs it to its end.
    private func runNext(_ world: World) async throws -> TaskRecord {
        let task = try await world.claim()
        await world.execution().run(task)
        return try await world.record(of: task)
    }

    private func session(_ task: TaskRecord, in world: World) async throws -> SessionRecord {
        let id = try #require(task.session).id
        return try #require(try await world.sessions.session(id: id))
    }

    @Test func `a task begins a session, and later tasks of it are the same worker's`() async throws {
        let world = try await World()
        let first = try await submit("new", timeout: 30, setup: ["size": 1], in: world)
        let id = try #require(first.session).id
        #expect(first.session?.timeout == 30)
        #expect(try await runNext(world).status == .completed)
        world.clock.advance(bySeconds: 20)
        let second = try await submit(id, in: world)
        #expect(second.session?.id == id)
        #expect(second.setup == ["size": 1])
        #expect(try await runNext(world).status == .completed)
        #expect(world.apps.jobs.map(\.session) == [id, id])
        let record = try await session(first, in: world)
        #expect(record.callCount == 2)
        #expect(record.taskID == first.id)
        #expect(record.expiresAt == world.clock.now.advanced(bySeconds: 30))
        let shown = TaskPresenter(files: world.presenter, limits: world.limits).present(second)
        #expect(shown.sessionID == id)
        #expect(shown.sessionTimeout == 30)
    }

    @Test func `a session expires once nobody used it for its idle time`() async throws {
        let world = try await World()
        let task = try await submit("new", timeout: 10, in: world)
        _ = try await runNext(world)
        world.clock.advance(bySeconds: 9)
        try await world.services.sessions.sweep()
        _ = try await world.services.sessions.keepAlive(id: try session(task, in: world).id, by: world.root)
        world.clock.advance(bySeconds: 9)
        try await world.services.sessions.sweep()
        #expect(try await session(task, in: world).status == .active)
        world.clock.advance(bySeconds: 1)
        try await world.services.sessions.sweep()
        let record = try await session(task, in: world)
        #expect(record.status == .expired)
        #expect(world.apps.endedSessions == [record.id])
        #expect(try await refusal { _ = try await submit(record.id, in: world) }.code == .sessionExpired)
        let keeping = try await refusal {
            _ = try await world.services.sessions.keepAlive(id: record.id, by: world.root)
        }
        #expect(keeping.code == .sessionExpired)
    }

    @Test func `a session that expired is over before anybody looked`() async throws {
        let world = try await World()
        let task = try await submit("new", timeout: 10, in: world)
        _ = try await runNext(world)
        world.clock.advance(bySeconds: 10)
        let id = try #require(task.session).id
        #expect(try await refusal { _ = try await submit(id, in: world) }.code == .sessionExpired)
        #expect(world.apps.endedSessions == [id])
    }

    @Test func `a session with an unfinished task does not expire`() async throws {
        let world = try await World()
        let task = try await submit("new", timeout: 1, in: world)
        world.clock.advance(bySeconds: 100)
        try await world.services.sessions.sweep()
        #expect(try await session(task, in: world).status == .active)
        world.clock.advance(bySeconds: 100)
        _ = try await submit(try #require(task.session).id, in: world)
        #expect(try await runNext(world).status == .completed)
        #expect(try await runNext(world).status == .completed)
    }

    @Test func `an ended session lets go of its worker and takes no more tasks`() async throws {
        let world = try await World()
        let id = try #require(try await submit("new", in: world).session).id
        _ = try await submit(id, in: world)
        _ = try await runNext(world)
        let ended = try await world.services.sessions.end(id: id, by: world.root)
        #expect(ended.status == .ended)
        #expect(world.apps.endedSessions == [id])
        #expect(try await world.services.sessions.end(id: id, by: world.root) == ended)
        #expect(try await refusal { _ = try await submit(id, in: world) }.code == .sessionEnded)
        let late = try await runNext(world)
        #expect(late.status == .failed)
        #expect(late.error?.hasPrefix("SESSION_ENDED:") == true)
    }

    @Test func `a lost worker ends its session`() async throws {
        let apps = ScriptedAppRunner { work, _, _ in
            if work.input["lose"] == true { throw AppFailure(message: "WORKER_LOST: it is gone") }
            return work.input
        }
        let world = try await World(apps: apps)
        let first = try await submit("new", in: world)
        _ = try await runNext(world)
        let id = try #require(first.session).id
        let request = RunRequest(app: "test/echo", input: ["lose": true], session: id)
        _ = try await world.services.tasks.submit(request, by: world.root, bases: [])
        #expect(try await runNext(world).status == .failed)
        #expect(try await session(first, in: world).status == .ended)
    }

    @Test func `after a restart the worker is lost, which the next call is told`() async throws {
        let world = try await World()
        let first = try await submit("new", in: world)
        _ = try await runNext(world)
        let next = try await World(sessions: world.sessions)
        let id = try #require(first.session).id
        var caller = next.root
        caller.team = world.root.team
        #expect(try await refusal { _ = try await submit(id, by: caller, in: next) }.code == .workerLost)
        #expect(try await refusal { _ = try await submit(id, by: caller, in: next) }.code == .sessionEnded)
        #expect(try await session(first, in: world).status == .ended)
    }

    @Test func `a session belongs to its team and needs the scope`() async throws {
        let world = try await World()
        let id = try #require(try await submit("new", in: world).session).id
        let stranger = try await world.principal(team: "strangers")
        let sessions = world.services.sessions
        let refusals = [
            try await refusal { _ = try await submit(id, by: stranger, in: world) },
            try await refusal { _ = try await submit("nobody", in: world) },
            try await refusal { _ = try await sessions.session(id: id, for: stranger) },
            try await refusal { _ = try await sessions.keepAlive(id: id, by: stranger) },
            try await refusal { _ = try await sessions.end(id: id, by: stranger) },
        ]
        #expect(refusals.allSatisfy { $0.code == .sessionNotFound })
        #expect(try await sessions.list(for: stranger).isEmpty)
        #expect(try await sessions.list(for: world.root).map(\.id) == [id])
        let reader = try await world.principal(team: "default", scopes: [.filesRead])
        #expect(try await refusal { _ = try await sessions.list(for: reader) }.code == .insufficientScope)
    }

    @Test func `a session keeps its app, version and setup`() async throws {
        let world = try await World()
        let id = try #require(try await submit("new", setup: ["size": 1], in: world).session).id
        let version = AppDTO.echo.versionID
        for app in ["echo", "test/echo@\(version)", "test/echo@\(Identifier.short(version))"] {
            #expect(try await submit(id, app: app, in: world).session?.id == id)
        }
        _ = try await submit(id, setup: ["size": 1], in: world)
        #expect(try await refusal { _ = try await submit(id, app: "test/resize", in: world) }.code == .appMismatch)
        let other = try await refusal { _ = try await submit(id, app: "test/echo@abcdefgh", in: world) }
        #expect(other.code == .versionMismatch)
        let setup = try await refusal { _ = try await submit(id, setup: ["size": 2], in: world) }
        #expect(setup.message.hasPrefix("/setup"))
    }

    @Test func `timeouts are checked, and a team has only so many sessions`() async throws {
        let world = try await World { $0.maximumSessions = 2 }
        for timeout in [0, -1, 3601] as [Int64] {
            let error = try await refusal { _ = try await submit("new", timeout: timeout, in: world) }
            #expect(error.message.hasPrefix("/session_timeout"))
        }
        #expect(try await refusal { _ = try await submit(nil, timeout: 5, in: world) }.code == .validation)
        let later = RunRequest(app: "test/echo", input: [:], session: "new", runAt: world.clock.now)
        let delayed = try await refusal {
            _ = try await world.services.tasks.submit(later, by: world.root, bases: [])
        }
        #expect(delayed.message.hasPrefix("/run_at"))
        let first = try #require(try await submit("new", timeout: 3600, in: world).session)
        #expect(try await submit("new", in: world).session?.timeout == world.limits.defaultSessionTimeout)
        #expect(try await refusal { _ = try await submit("new", in: world) }.code == .workerLeased)
        _ = try await world.services.sessions.end(id: first.id, by: world.root)
        _ = try await submit("new", in: world)
    }

    @Test func `a session that ends while its worker is made keeps none`() async throws {
        let world = try await World()
        let task = try await submit("new", in: world)
        let id = try #require(task.session).id
        world.apps.whileLeasing { _ in _ = try? await world.services.sessions.end(id: id, by: world.root) }
        let record = try await runNext(world)
        #expect(record.status == .failed)
        #expect(record.error?.hasPrefix("SESSION_ENDED:") == true)
        #expect(world.apps.jobs.isEmpty)
        #expect(world.apps.workspaces.allSatisfy { $0.isRemoved })
        // Asked for once by whoever ended it, when there was nothing to end, and once more by the task.
        #expect(world.apps.endRequests == [id, id])
    }

    @Test func `after a restart, sessions of the earlier process give way to new ones`() async throws {
        let world = try await World()
        let lost = try await submit("new", in: world)
        _ = try await runNext(world)
        let queued = try await submit("new", in: world)
        let next = try await World(sessions: world.sessions) { $0.maximumSessions = 2 }
        var caller = next.root
        caller.team = world.root.team
        _ = try await submit("new", by: caller, in: next)
        #expect(try await session(lost, in: world).status == .ended)
        #expect(try await session(queued, in: world).status == .active)
        #expect(try await refusal { _ = try await submit("new", by: caller, in: next) }.code == .workerLeased)
    }
}
