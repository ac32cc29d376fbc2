// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

@Suite(.timeLimit(.minutes(1)))
struct TaskEventsTests {
    @Test func `logs are kept by their kind`() async throws {
        let apps = ScriptedAppRunner { _, _, events in
            await events(.log("one\n"))
            await events(.log("made\n", kind: .build))
            await events(.log("ready\n", kind: .setup))
            await events(.log("two\n"))
            await events(.log("more\n", kind: .build))
            return [:]
        }
        let task = try await World(apps: apps).run()
        #expect(task.logs.map(\.kind) == [.build, .run, .setup])
        #expect(task.logs.map(\.content) == ["made\nmore\n", "one\ntwo\n", "ready\n"])
    }

    @Test func `a fresh worker's setup is a state of its own`() async throws {
        let apps = ScriptedAppRunner()
        apps.whileLeasing { events in
            await events(.settingUp)
            await events(.log("loading\n", kind: .setup))
        }
        let world = try await World(apps: apps)
        let task = try await world.run()
        #expect(task.events.map(\.status) == [.received, .queued, .dispatched, .settingUp, .running, .completed])
        #expect(task.logs.map(\.kind) == [.setup])
    }

    /// The first output of a task that its watchers are shown.
    private func firstOutput(_ world: World, of task: TaskRecord) async throws -> JSONValue? {
        for try await case .snapshot(let shown) in world.services.tasks.updates(of: task) where !shown.output.isNull {
            return shown.output
        }
        return nil
    }

    @Test func `results so far are shown while the task runs, without files`() async throws {
        let latch = Latch()
        let apps = ScriptedAppRunner { _, _, events in
            await events(.partial(["width": 1, "image": "/out/half.png", "images": [["path": "/out/x"]]]))
            try await latch.wait()
            return ["width": 2]
        }
        let world = try await World(apps: apps)
        _ = try await world.submit()
        let claimed = try await world.claim()
        async let run: Void = world.execution().run(claimed)
        #expect(try await firstOutput(world, of: claimed) == ["width": 1, "image": nil, "images": [nil]])
        #expect(try await world.services.tasks.task(id: claimed.id, for: world.root).output["width"] == 1)
        // The record itself has none, so that nothing of it outlives an interruption.
        #expect(try await world.tasks.task(id: claimed.id)?.output == .null)
        latch.open()
        await run
        #expect(try await world.services.tasks.task(id: claimed.id, for: world.root).output == ["width": 2])
        #expect(world.services.tasks.partials.mark(of: claimed.id) == 0)
    }

    @Test func `a result so far cannot show another team's file, nor be endless`() async throws {
        let world = try await World { $0.maximumOutputSize = 100 }
        let other = try await world.principal(team: "other")
        let secret = try await world.ready("secret", by: other)
        let task = try await world.submit()
        let function = AppDTO.resize.functions[0]
        let staging = world.execution().staging
        for bad in [
            ["x": ["uri": .string(FilePresenter.uri(secret).description)]],
            ["x": .string(String(repeating: "x", count: 100))],
        ] as [JSONValue] {
            #expect(await staging.partial(bad, of: task, function) == nil)
        }
        #expect(await staging.partial(["x": 1], of: task, function) == ["x": 1])
    }

    @Test func `what an app told of itself beside its output is not shown`() async throws {
        let world = try await World(apps: ScriptedAppRunner { _, _, _ in ["x": 1, "output_meta": ["outputs": []]] })
        let task = try await world.run([:], to: "test/echo")
        #expect(task.output["output_meta"] != nil)
        #expect(TaskPresenter(files: world.presenter, limits: world.limits).present(task).output == ["x": 1])
    }

    @Test func `the time of each phase is told`() async throws {
        let world = try await World()
        let task = try await world.submit()
        world.clock.advance(bySeconds: 3)
        #expect(try await world.services.tasks.timings(id: task.id, for: world.root).queued == 3000)
        await world.execution().run(try await world.claim())
        world.clock.advance(bySeconds: 100)
        let timings = try await world.services.tasks.timings(id: task.id, for: world.root)
        #expect(timings == TaskTimingsDTO(taskID: task.id, status: .completed, queued: 3000, total: 3000))
    }
}
