// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import NIOHTTP1
import Testing

@testable import FerryClient

/// Plans carried out: equal files once, progress, vetoes, and nothing left behind.
@Suite(.timeLimit(.minutes(2))) struct AutomaticUploadRunTests {
    private static func app(_ version: String = "v1") -> JSONValue {
        [
            "namespace": "a", "name": "b", "version_id": .string(version),
            "functions": ["run": ["input_schema": ["properties": ["file": ["type": "string", "format": "file"]]]]],
        ]
    }

    private static func serving(_ request: StubRequest, _ server: StubServer) -> StubReply {
        switch request.path {
        case "/apps/a/b": .json(app())
        case "/apps/run": .json(started)
        default: storing(request, server)
        }
    }

    private static let unwaited = RunOptions(wait: false)

    @Test func `equal files are uploaded once, by what they are`() async throws {
        try await withFolder { folder in
            try write(noise(500), to: "\(folder)/one.bin")
            try FileManager.default.linkItem(atPath: "\(folder)/one.bin", toPath: "\(folder)/two.bin")
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/three.bin", withDestinationPath: "one.bin")
            let same: [InputValue] = ["one", "two", "three"].map { .string("\(folder)/\($0).bin") }
            let inline: [InputValue] = [
                "data:text/plain;base64,aGVsbG8=", "data:text/plain,hello", "data:text/plain,%68ello",
                "data:text/html,hello", .file(.data(Array("hello".utf8))), .file(.base64("aGVsbG8=")),
                .file(.data(Array("hello".utf8), filename: "é.txt")),
                .file(.data(Array("hello".utf8), filename: "e\u{301}.txt")),
            ]
            try await withStub(script: { Self.serving($0, $1) }) { (ferry, server) async throws in
                let input = InputValue.object([
                    (key: "same", value: .array(same)), (key: "inline", value: .array(inline)),
                ])
                try await ferry.tasks.run(app: "a/b", input: input, options: Self.unwaited)
                let sent = try #require(server.requests("POST", "/apps/run").first?.json?["input"])
                let uris = (sent["inline"]?.arrayValue ?? []).compactMap(\.stringValue)
                #expect(Set(sent["same"]?.arrayValue ?? []).count == 1)
                #expect(uris.count == 8)
                #expect(Set(uris[0...2]).count == 1)
                #expect(uris[4] == uris[5])
                #expect(Set(uris).count == 5)
                #expect(server.requests("POST", "/files").count == 6)
            }
        }
    }

    @Test func `progress adds up over the files`() async throws {
        let steps = Shared<[UploadPlanProgress]>([])
        try await withStub(script: { Self.serving($0, $1) }) { (ferry, _) async throws in
            let input: InputValue = [
                "x": .file(.data(noise(3000))), "y": .file(.data(noise(2000, seed: 2))), "z": "text",
            ]
            var options = Self.unwaited
            options.progress = { step in steps.change { $0.append(step) } }
            try await ferry.tasks.run(app: "a/b", input: input, options: options)
        }
        let last = try #require(steps.value.last)
        #expect(last.files == 2 && last.finishedFiles == 2)
        #expect(last.sent == 5000 && last.total == 5000)
        let finished = steps.value.map(\.finishedFiles)
        #expect(finished == finished.sorted())
        #expect(Set(steps.value.map(\.pointer.description)) == ["/x", "/y"])
    }

    @Test func `a veto ends the run before a byte leaves`() async throws {
        let asked = Shared<[String]>([])
        try await withStub(script: { Self.serving($0, $1) }) { (ferry, server) async throws in
            var options = Self.unwaited
            options.confirm = { entry in
                asked.change { $0.append("\(entry.pointer)") }
                return entry.pointer.description != "/y"
            }
            let input: InputValue = [
                "w": "text", "x": .file(.data([1])), "y": .file(.data([2])), "z": .file(.data([3])),
            ]
            let error = await ferryError { try await ferry.tasks.run(app: "a/b", input: input, options: options) }
            #expect(error?.code == .uploadDeclined)
            #expect(error?.pointer?.description == "/y")
            #expect(server.requests.allSatisfy { $0.method == "GET" })
        }
        #expect(asked.value == ["/x", "/y"])
    }

    @Test func `a plan is run as it was shown, without asking again`() async throws {
        try await withStub(script: { Self.serving($0, $1) }) { (ferry, server) async throws in
            let plan = try await ferry.tasks.plan(app: "a/b:run", input: ["file": "data:,x"], function: "run")
            #expect(plan.app == "a/b:run")
            let result = try await ferry.tasks.run(plan, options: Self.unwaited)
            #expect(result.id == taskID)
            #expect(server.requests("GET", "/apps/a/b").count == 1)
            let body = try #require(server.requests("POST", "/apps/run").first?.json)
            #expect(body["app"] == "a/b:run")
            #expect(body["function"] == "run")
            let refused = try await ferry.tasks.plan(app: "a/b", input: ["file": 1, "x": "y"])
            let error = await ferryError { try await ferry.tasks.run(refused) }
            #expect(error?.pointer?.description == "/file")
            #expect(server.requests("POST", "/apps/run").count == 1)
        }
    }

    @Test func `what another task gave is never taken for a file`() async throws {
        try await withFolder { folder in
            try write([1], to: "\(folder)/a.bin")
            let output: JSONValue = ["path": .string("\(folder)/a.bin"), "d": "data:a/b,x"]
            let result = TaskResult(task: taskRecord(.completed, output: output))
            try await withStub(script: { Self.serving($0, $1) }) { (ferry, server) async throws in
                let input: InputValue = [
                    "all": result.asInput, "file": result.asInput("path"), "none": result.asInput("x"),
                ]
                try await ferry.tasks.run(app: "a/b", input: input, options: Self.unwaited)
                let sent = try #require(server.requests("POST", "/apps/run").first?.json?["input"])
                #expect(sent["file"] == .string("\(folder)/a.bin"))
                #expect(sent["all"] == result.output)
                #expect(sent["none"] == .null)
                #expect(server.requests("POST", "/files").isEmpty)
            }
        }
    }

    @Test(arguments: ["creating", "sending"])
    func `a run that is cancelled takes back what it made`(moment: String) async throws {
        let reached = Shared(false)
        let isCancelled = Shared(false)
        try await withStub(script: { request, server in
            if moment == "creating", request.path == "/files", request.earlier == 1 {
                reached.change { $0 = true }
                // The record is made while the caller gives up.
                _ = try? await eventually { isCancelled.value }
            }
            if moment == "sending", request.method == "PUT", request.bodySize == 2 {
                reached.change { $0 = true }
                return .noAnswer
            }
            return Self.serving(request, server)
        }) { (ferry, server) async throws in
            let run = Task {
                let input: InputValue = [
                    "x": .file(.data([1])), "y": .file(.data([1, 2])), "z": .file(.data([1, 2, 3])),
                ]
                try await ferry.tasks.run(app: "a/b", input: input, options: Self.unwaited)
            }
            #expect(try await eventually { reached.value })
            run.cancel()
            isCancelled.change { $0 = true }
            await #expect(throws: CancellationError.self) { try await run.value }
            #expect(server.requests("POST", "/apps/run").isEmpty)
            let gone = try await eventually {
                server.requests.count { $0.method == "DELETE" } == server.requests("POST", "/files").count
            }
            #expect(gone)
        }
    }

    @Test func `a run that is cancelled while its task is made cancels the task`() async throws {
        let reached = Shared(false)
        let isCancelled = Shared(false)
        try await withStub(script: { request, server in
            if request.path == "/apps/run" {
                reached.change { $0 = true }
                _ = try? await eventually { isCancelled.value }
            }
            if request.path == "/tasks/\(taskID)/cancel" { return .json(["data": nil]) }
            return Self.serving(request, server)
        }) { (ferry, server) async throws in
            let run = Task { try await ferry.tasks.run(app: "a/b", input: ["x": "y"]) }
            #expect(try await eventually { reached.value })
            run.cancel()
            isCancelled.change { $0 = true }
            await #expect(throws: CancellationError.self) { try await run.value }
            #expect(server.requests("POST", "/tasks/\(taskID)/cancel").count == 1)
        }
    }
}
