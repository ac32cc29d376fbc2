// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

struct TaskPresenterTests {
    private func presenter(_ world: World) -> TaskPresenter {
        TaskPresenter(files: world.presenter, limits: world.limits)
    }

    private func snapshot(_ line: TaskStreamLine) throws -> TaskDTO {
        guard case .snapshot(let task) = line else {
            Issue.record("no snapshot")
            throw CancellationError()
        }
        return task
    }

    @Test func `a record is shown with its events and logs`() async throws {
        let world = try await World()
        var record = TaskRecord.sample(status: .failed, error: "why")
        record.logs = [.init(kind: .run, createdAt: .sample, updatedAt: .sample, content: "hello\n")]
        let task = presenter(world).present(record)
        #expect(task.id == record.id)
        #expect(task.status == .failed)
        #expect(task.error == "why")
        #expect(task.app == "ferry/image-processor")
        #expect(task.events.map(\.status) == [.failed])
        #expect(task.events[0].taskID == record.id)
        #expect(task.logs.map(\.content) == ["hello\n"])
        #expect(task.logs[0].kind == .run)
        #expect(task.input == ["width": 640])
    }

    @Test func `what an app tells of its costs is not shown`() async throws {
        let world = try await World()
        let output: JSONValue = ["image": 1, "output_meta": ["inputs": []], "deep": ["output_meta": 1]]
        let task = presenter(world).present(TaskRecord.sample(status: .completed, output: output))
        #expect(task.output == ["image": 1, "deep": ["output_meta": 1]])
        #expect(presenter(world).present(TaskRecord.sample(output: "text")).output == "text")
    }

    @Test func `files of an output are shown as links`() async throws {
        let world = try await World()
        let id = Identifier.random()
        let output: JSONValue = ["image": ["uri": .string("inf://files/\(id)/a.png"), "content_type": "image/png"]]
        let task = presenter(world).present(TaskRecord.sample(status: .completed, output: output))
        #expect(task.output["image"]?["uri"]?.stringValue?.hasPrefix("\(World.base)/content/\(id)/a.png?") == true)
    }

    @Test func `a line of a stream drops logs first, then input, then setup`() async throws {
        let world = try await World { $0.maximumStreamLine = 4096 }
        let presenter = presenter(world)
        let big = JSONValue.string(String(repeating: "x", count: 3000))
        var record = TaskRecord.sample(
            status: .completed, input: ["a": big], setup: ["b": 1], output: ["c": 1])
        #expect(try snapshot(presenter.streamLine(.sample())).input == ["width": 640])

        record.input = ["small": 1]
        record.logs = [
            .init(kind: .run, createdAt: .sample, updatedAt: .sample, content: String(repeating: "l", count: 5000))
        ]
        var line = try snapshot(presenter.streamLine(record))
        #expect(line.logs.isEmpty)
        #expect(line.input == ["small": 1])

        record.input = ["a": big]
        line = try snapshot(presenter.streamLine(record))
        #expect(line.logs.isEmpty)
        #expect(line.input.isNull)
        #expect(line.setup == ["b": 1])
        #expect(line.output == ["c": 1])

        record.setup = big
        line = try snapshot(presenter.streamLine(record))
        #expect(line.setup.isNull)
        #expect(line.output == ["c": 1])
        #expect(line.id == record.id)
        #expect(line.status == .completed)
        #expect(presenter.streamLine(record).ndjson.count <= 4096)
    }

    @Test func `an output of a thousand files makes a line short enough for every client`() async throws {
        let world = try await World { $0.maximumStreamLine = 400 << 10 }
        let files = (0..<1000).map { number -> JSONValue in
            let name = String(repeating: "n", count: 200) + "\(number).png"
            return [
                "uri": .string("inf://files/\(Identifier.random())/\(name)"), "content_type": "image/png", "size": 1,
                "filename": .string("\(number)"),
            ]
        }
        let record = TaskRecord.sample(status: .completed, output: ["files": .array(files)])
        #expect(presenter(world).present(record).output.serialized().count > world.limits.maximumStreamLine)
        let line = presenter(world).streamLine(record)
        #expect(line.ndjson.count <= world.limits.maximumStreamLine)
        #expect(try snapshot(line).output == record.output)
    }

    @Test func `an output that no line can hold is left away`() async throws {
        let world = try await World { $0.maximumStreamLine = 4096 }
        let record = TaskRecord.sample(status: .completed, output: .string(String(repeating: "o", count: 5000)))
        let line = presenter(world).streamLine(record)
        #expect(line.ndjson.count <= 4096)
        #expect(try snapshot(line).status == .completed)
        #expect(try snapshot(line).output.isNull)
    }

    @Test func `the largest task there can be makes a line short enough for every client`() async throws {
        let world = try await World()
        let limits = world.limits
        var record = TaskRecord.sample(
            status: .completed, input: ["a": .string(String(repeating: "i", count: limits.maximumInputSize - 20))],
            setup: .string(String(repeating: "s", count: limits.maximumInputSize - 20)),
            output: ["o": .string(String(repeating: "o", count: limits.maximumOutputSize - 20))],
            error: String(repeating: "e", count: limits.maximumErrorLength))
        record.logs = TaskLogDTO.Kind.allCases.map { kind in
            .init(
                kind: kind, createdAt: .sample, updatedAt: .sample,
                content: String(repeating: "l", count: limits.maximumLogSize))
        }
        let line = presenter(world).streamLine(record)
        #expect(line.ndjson.count <= limits.maximumStreamLine)
        #expect(limits.maximumStreamLine < 512 << 10)
        #expect(try snapshot(line).output == record.output)
    }
}
