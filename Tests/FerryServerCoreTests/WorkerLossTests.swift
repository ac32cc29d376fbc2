// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Synchronization
import Testing

@testable import FerryServerCore

/// Workers that die before a task begins cost the task nothing.
@Suite(.timeLimit(.minutes(1)))
struct WorkerLossTests {
    /// Fails so many times before the task begins, then answers.
    private static func dying(times: Int) -> ScriptedAppRunner {
        let rest = Mutex(times)
        return ScriptedAppRunner { work, workspace, _ in
            let isDead = rest.withLock { rest in
                rest -= 1
                return rest >= 0
            }
            if isDead { throw AppFailure(message: "the worker died", isRetryable: true, wasBegun: false) }
            let text = String(decoding: workspace.placed.values.first ?? [], as: UTF8.self)
            return ["image": .string(workspace.write(text, to: "out.txt"))]
        }
    }

    @Test func `another worker gets the task, with files of its own`() async throws {
        let world = try await World(apps: Self.dying(times: 2))
        let source = try await world.ready("cat")
        let task = try await world.run(["image": .string(FilePresenter.uri(source).description)])
        #expect(task.status == .completed)
        #expect(task.attempts == 1)
        #expect(
            task.events.map(\.status)
                == [.received, .queued, .dispatched, .preparing, .running, .uploading, .completed])
        #expect(world.apps.workspaces.count == 3)
        #expect(world.apps.workspaces.allSatisfy { $0.isRemoved && $0.placed.count == 1 })
        let uri = try #require(task.output["image"]?["uri"]?.stringValue.flatMap { FileURI($0) })
        let file = try #require(try await world.files.file(id: uri.id))
        #expect(try await world.text(of: file) == "cat")
    }

    @Test func `after so many workers the task fails`() async throws {
        let world = try await World(apps: Self.dying(times: 100)) { $0.maximumWorkerTries = 4 }
        let task = try await world.run()
        #expect(task.status == .failed)
        #expect(task.error == "the worker died")
        #expect(world.apps.jobs.count == 4)
    }

    @Test func `a worker that dies while it works is not replaced`() async throws {
        let apps = ScriptedAppRunner { _, _, _ in throw AppFailure(message: "the worker died", isRetryable: true) }
        let world = try await World(apps: apps)
        #expect(try await world.run().status == .failed)
        #expect(world.apps.jobs.count == 1)
    }

    @Test func `a task without files goes from dispatched to running to completed`() async throws {
        let world = try await World()
        let task = try await world.run(["note": "x"], to: "test/echo")
        #expect(task.events.map(\.status) == [.received, .queued, .dispatched, .running, .completed])
    }
}
