// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

struct TaskServiceTests {
    private func submit(
        _ request: RunRequest, by principal: Principal? = nil, in world: World
    ) async throws -> TaskRecord {
        try await world.services.tasks.submit(request, by: principal ?? world.root, bases: [World.base])
    }

    /// Expects a refusal that leaves no task and no file.
    private func refused(
        _ request: RunRequest, by principal: Principal? = nil, in world: World
    ) async throws -> ServerError {
        let error = try await refusal { _ = try await submit(request, by: principal, in: world) }
        #expect(try await world.services.tasks.list(CursorListRequest(), for: world.root).records.isEmpty)
        #expect(try await world.services.files.list(CursorListRequest(), for: world.root).records.isEmpty)
        #expect(world.blobs.size == 0)
        return error
    }

    @Test func `a good request is a queued task with its files stored`() async throws {
        let world = try await World()
        let request = RunRequest(
            app: "test/resize", input: ["image": "data:image/png;base64,aGVsbG8=", "width": 5], setup: ["gpu": 1])
        let task = try await submit(request, in: world)
        #expect(task.status == .queued)
        #expect(task.app == "test/resize")
        #expect(task.function == "run")
        #expect(task.appID == AppDTO.resize.id)
        #expect(task.appVersionID == AppDTO.resize.versionID)
        #expect(task.teamID == world.root.team.id)
        #expect(task.events.map(\.status) == [.received, .queued])
        #expect(task.input["image"]?.stringValue?.hasPrefix("inf://files/") == true)
        #expect(task.input["width"] == 5)
        #expect(task.setup == ["gpu": 1])
        #expect(task.maximumAttempts == 3)
        #expect(try await world.tasks.task(id: task.id) == task)
        #expect(try await world.services.tasks.unfinishedCount() == 1)
    }

    @Test func `an input of null is an empty one`() async throws {
        let world = try await World()
        #expect(try await submit(RunRequest(app: "test/echo", input: nil), in: world).input == [:])
    }

    @Test(
        arguments: [
            ("resize", nil, "run"), ("test/resize:describe", nil, "describe"), ("test/resize", "describe", "describe"),
            ("test/resize:run", "describe", "describe"), ("app/test/resize@latest", nil, "run"),
        ] as [(String, String?, String)])
    func `an app is found by name, version and function`(app: String, function: String?, expected: String) async throws
    {
        let world = try await World()
        let task = try await submit(RunRequest(app: app, input: [:], function: function), in: world)
        #expect(task.app == "test/resize")
        #expect(task.function == expected)
    }

    @Test func `a version's id in full or short names it and another finds nothing`() async throws {
        let world = try await World()
        let version = AppDTO.resize.versionID
        for name in [version, Identifier.short(version)] {
            #expect(try await submit(RunRequest(app: "test/resize@\(name)", input: [:]), in: world).status == .queued)
        }
        let fresh = try await World()
        #expect(try await refused(RunRequest(app: "test/resize@abc", input: [:]), in: fresh).code == .notFound)
    }

    @Test(
        arguments: [
            ("nobody/nothing", nil, .notFound), ("nothing", nil, .notFound), ("other/resize", nil, .notFound),
            ("", nil, .validation), ("a/b/c/d", nil, .validation), ("../x", nil, .validation),
            ("a b", nil, .validation),
            ("test/resize:nothing", nil, .validation), ("test/resize", "nothing", .validation),
        ] as [(String, String?, ServerError.Code)])
    func `an unknown app or function is told before the task exists`(
        app: String, function: String?, code: ServerError.Code
    ) async throws {
        let world = try await World()
        #expect(try await refused(RunRequest(app: app, input: [:], function: function), in: world).code == code)
    }

    @Test func `an unknown function's refusal names those there are`() async throws {
        let world = try await World()
        let error = try await refused(RunRequest(app: "test/resize:x", input: [:]), in: world)
        #expect(error.message.contains("run, describe"))
    }

    @Test func `a bare name that two apps have is ambiguous`() async throws {
        let apps = [
            AppDTO.sample(namespace: "a", name: "x", functions: []), .sample(namespace: "b", name: "x", functions: []),
        ]
        let world = try await World(apps: ScriptedAppRunner(apps: apps))
        let error = try await refused(RunRequest(app: "x", input: [:]), in: world)
        #expect(error.code == .conflict)
        #expect(error.message.contains("a/x, b/x"))
    }

    @Test(
        arguments: [
            (["width": "5"], "/input/width"), (["width": 0], "/input/width"), (["image": 5], "/input/image"),
            (["masks": "x"], "/input/masks"), (["layers": [5]], "/input/layers/0"), ("text", "/input: "),
            (["image": "/etc/passwd"], "/input/image"), (["image": "../x"], "/input/image"),
            (["image": "file:///etc/passwd"], "/input/image"), (["image": ["path": "/etc/passwd"]], "/input/image"),
            (["image": "http://example.com/x"], "/input/image"), (["image": "data:,x", "width": 0], "/input/width"),
            (["image": "data:,x", "masks": ["/x"]], "/input/masks/0"),
        ] as [(JSONValue, String)])
    func `an input that misses the schema is told by its place`(input: JSONValue, place: String) async throws {
        let world = try await World()
        let error = try await refused(RunRequest(app: "test/resize", input: input), in: world)
        #expect(error.code == .validation)
        #expect(error.message.hasPrefix(place))
    }

    @Test func `an input or setup that is too large leaves nothing, its stored files included`() async throws {
        let world = try await World()
        let long = JSONValue.string(String(repeating: "x", count: 1 << 20))
        let input: JSONValue = ["image": "data:,x", "note": long]
        let error = try await refused(RunRequest(app: "test/resize", input: input), in: world)
        #expect(error.code == .payloadTooLarge)
        #expect(error.message.hasPrefix("/input"))
        let setup = try await refused(
            RunRequest(app: "test/resize", input: ["image": "data:,x"], setup: long), in: world)
        #expect(setup.message.hasPrefix("/setup"))
    }

    @Test func `running needs the scope for it`() async throws {
        let world = try await World()
        let reader = try await world.principal(team: "readers", scopes: [.filesRead, .filesWrite])
        let error = try await refused(RunRequest(app: "test/echo", input: [:]), by: reader, in: world)
        #expect(error.code == .insufficientScope)
        let tasks = world.services.tasks
        let refusals = [
            try await refusal { _ = try await tasks.task(id: "x", for: reader) },
            try await refusal { _ = try await tasks.list(CursorListRequest(), for: reader) },
            try await refusal { _ = try await tasks.cancel(id: "x", by: reader) },
            try await refusal { try await tasks.delete(id: "x", by: reader) },
            try await refusal { _ = try await world.services.apps.list(for: reader) },
        ]
        #expect(refusals.allSatisfy { $0.code == .insufficientScope })
    }

    @Test(arguments: ["http://169.254.169.254/latest", "/etc/passwd", "data:,a"])
    func `a setup takes no files`(file: String) async throws {
        let world = try await World()
        func submit(_ setup: JSONValue) async throws {
            let request = RunRequest(app: "test/resize", input: [:], setup: setup)
            _ = try await world.services.tasks.submit(request, by: world.root, bases: [World.base])
        }
        for value in [.string(file), ["uri": .string(file)], ["path": .string(file)]] as [JSONValue] {
            let error = try await refusal { try await submit(["weights": [nil, value]]) }
            #expect(error.code == .validation)
            #expect(error.message.hasPrefix("/setup/weights/1: "), "\(error.message)")
        }
        try await submit(["colour": .string(file), "weights": [nil]])
    }
}
