// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

@Suite(.timeLimit(.minutes(1)))
struct TaskFilesTests {
    /// One whose app makes two files.
    private func world() async throws -> World {
        try await World(
            apps: ScriptedAppRunner { _, workspace, _ in
                ["images": .array(["a.png", "b.png"].map { .string(workspace.write($0, to: $0)) })]
            })
    }

    /// A task that ended, its two input files (one of them inline) and its two output files.
    private func finished(_ world: World) async throws -> (task: TaskRecord, source: FileRecord) {
        let source = try await world.ready("cat", PartialFile(filename: "cat.png"))
        let uri = JSONValue.string(FilePresenter.uri(source).description)
        let task = try await world.run(["image": uri, "logo": uri, "masks": ["data:image/png;base64,aGVsbG8="]])
        #expect(task.status == .completed)
        return (task, source)
    }

    @Test func `a task's files are listed with their roles, each once`() async throws {
        let world = try await world()
        let (task, source) = try await finished(world)
        let files = try await world.services.tasks.files(ofTask: task.id, role: nil, for: world.root)
        #expect(files.map(\.role) == [.input, .input, .output, .output])
        let input = try #require(files.first { $0.id == source.id })
        #expect(input.uri == FilePresenter.uri(source).description)
        #expect(input.filename == "cat.png")
        #expect(input.contentType == "image/png")
        #expect(input.size == 3)
        #expect(files.suffix(2).map(\.filename) == ["a.png", "b.png"])
        #expect(try TaskFileDTO(json: input.json) == input)
        for role in TaskFileDTO.Role.allCases {
            let some = try await world.services.tasks.files(ofTask: task.id, role: role, for: world.root)
            #expect(some == files.filter { $0.role == role })
        }
        let unrelated = try await world.run([:])
        #expect(try await world.services.tasks.files(ofTask: unrelated.id, role: .input, for: world.root) == [])
    }

    @Test func `an address where the schema says nothing is an input file too`() async throws {
        let world = try await World()
        let source = try await world.ready("cat")
        let task = try await world.run(["x": .string(FilePresenter.uri(source).description)], to: "test/echo")
        #expect(
            try await world.services.tasks.files(ofTask: task.id, role: nil, for: world.root).map(\.id) == [source.id])
    }

    @Test func `files of one role are deleted with their bytes, and a second time nothing is`() async throws {
        let world = try await world()
        let (task, source) = try await finished(world)
        let tasks = world.services.tasks
        let outputs = try await tasks.files(ofTask: task.id, role: .output, for: world.root).map(\.id)
        let outcome = try await tasks.deleteFiles(ofTask: task.id, role: .output, by: world.root)
        #expect(outcome == TaskFileDeletion(deleted: outputs))
        #expect(try TaskFileDeletion(json: outcome.json) == outcome)
        for id in outputs { #expect(try await world.files.file(id: id) == nil) }
        #expect(try await world.files.file(id: source.id) != nil)
        #expect(try await world.blobKeys().count == 2)
        #expect(try await tasks.deleteFiles(ofTask: task.id, role: .output, by: world.root) == TaskFileDeletion())
        #expect(try await tasks.files(ofTask: task.id, role: nil, for: world.root).count == 2)
    }

    @Test func `a file that is gone already is skipped with the reason`() async throws {
        let world = try await world()
        let (task, source) = try await finished(world)
        try await world.services.files.delete(id: source.id, by: world.root)
        #expect(try await world.services.tasks.files(ofTask: task.id, role: nil, for: world.root).count == 3)
        let outcome = try await world.services.tasks.deleteFiles(ofTask: task.id, role: nil, by: world.root)
        #expect(outcome.skipped == [.init(id: source.id, reason: "already deleted")])
        #expect(outcome.deleted.count == 3)
        #expect(try TaskFileDeletion(json: outcome.json) == outcome)
        #expect(try await world.listFiles().isEmpty)
    }

    @Test func `files of a task that has not ended stay, and so does the task`() async throws {
        let world = try await world()
        let source = try await world.ready("cat")
        let task = try await world.submit(["image": .string(FilePresenter.uri(source).description)])
        let tasks = world.services.tasks
        for call in [
            { _ = try await tasks.deleteFiles(ofTask: task.id, role: nil, by: world.root) },
            { try await tasks.delete(id: task.id, withFiles: true, by: world.root) },
        ] {
            #expect(try await refusal(call).code == .invalidTransition)
        }
        #expect(try await world.listFiles().count == 1)
        #expect(try await tasks.files(ofTask: task.id, role: nil, for: world.root).count == 1)
    }

    @Test func `a task goes with its files, if that is wanted`() async throws {
        let world = try await world()
        let (kept, _) = try await finished(world)
        try await world.services.tasks.delete(id: kept.id, by: world.root)
        #expect(try await world.listFiles().count == 4)
        #expect(try await world.taskFiles.taskFiles(ofTask: kept.id, role: nil) == [])
        let (gone, _) = try await finished(world)
        try await world.services.tasks.delete(id: gone.id, withFiles: true, by: world.root)
        #expect(try await world.listFiles().count == 4)
        #expect(try await world.tasks.task(id: gone.id) == nil)
    }

    @Test func `other teams and keys without the right are refused`() async throws {
        let world = try await world()
        let (task, _) = try await finished(world)
        let tasks = world.services.tasks
        let other = try await world.principal(team: "other")
        #expect(
            try await refusal { _ = try await tasks.files(ofTask: task.id, role: nil, for: other) }.code == .notFound)
        #expect(
            try await refusal { _ = try await tasks.deleteFiles(ofTask: task.id, role: nil, by: other) }.code
                == .notFound)
        let runner = try await world.principal(team: AccessService.rootTeamName, scopes: [.appsExecute])
        let reader = try await world.principal(team: AccessService.rootTeamName, scopes: [.appsExecute, .filesRead])
        #expect(
            try await refusal { _ = try await tasks.files(ofTask: task.id, role: nil, for: runner) }.code
                == .insufficientScope)
        #expect(
            try await refusal { try await tasks.delete(id: task.id, withFiles: true, by: reader) }.code
                == .insufficientScope)
        #expect(try await tasks.files(ofTask: task.id, role: nil, for: reader).count == 4)
    }

    @Test func `what an interrupted attempt stored goes when the next one has stored its own`() async throws {
        let world = try await world()
        _ = try await world.submit()
        let claimed = try await world.claim()
        let leftover = try await world.ready("leftover")
        for status in [TaskStatus.preparing, .running, .uploading] {
            _ = try await world.tasks.transition(
                id: claimed.id, to: status, from: TaskStateMachine.sources(of: status), owner: "me",
                change: TaskChange(), at: world.clock.now)
        }
        try await world.taskFiles.insertTaskFiles([
            TaskFileRecord(taskID: claimed.id, fileID: leftover.id, role: .output, createdAt: .sample)
        ])
        _ = try await world.tasks.reclaim(
            leaseExpiredBefore: Timestamp(microseconds: .max), error: "x", at: world.clock.now)
        let again = try await world.claim()
        await world.execution().run(again)
        #expect(try await world.files.file(id: leftover.id) == nil)
        let files = try await world.services.tasks.files(ofTask: again.id, role: nil, for: world.root)
        #expect(files.map(\.filename) == ["a.png", "b.png"])
    }

    @Test func `output files are stored a few at once`() async throws {
        let apps = ScriptedAppRunner { _, workspace, _ in
            ["images": .array((0..<20).map { .string(workspace.write("\($0)", to: "\($0).txt")) })]
        }
        let world = try await World(apps: apps) { $0.parallelTaskFiles = 4 }
        let task = try await world.run()
        let shown = task.output["images"]?.arrayValue?.compactMap { $0["filename"]?.stringValue }
        #expect(shown == (0..<20).map { "\($0).txt" })
    }
}
