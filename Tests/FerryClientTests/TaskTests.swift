// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import NIOHTTP1
import Testing

@testable import FerryClient

@Suite struct TaskTests {
    @Test func `a run waits for its end and gives the output`() async throws {
        try await withStub(script: { request, _ in
            switch request.path {
            case "/apps/run": .json(started)
            case "/tasks/\(taskID)/stream":
                lines([
                    .snapshot(taskRecord(.queued)), .heartbeat, .snapshot(taskRecord(.queued)),
                    .snapshot(taskRecord(.running)),
                    .snapshot(taskRecord(.completed, output: ["answer": 42])),
                ])
            default: .problem(404, "not_found", "no")
            }
        }) { (ferry, server) async throws in
            let result = try await ferry.tasks.run(app: "a/b", input: ["n": 1])
            #expect(result.status == .completed)
            #expect(result.output["answer"] == 42)
            #expect(result.id == taskID)
            let body = try #require(server.requests("POST", "/apps/run").first?.json)
            #expect(body["input"] == ["n": 1])
            #expect(body["wait"] == nil)
            #expect(server.requests("GET", "/apps/a/b").isEmpty)
        }
    }

    @Test func `a run that is not waited for is only started`() async throws {
        try await withStub(script: { _, _ in .json(started) }) { (ferry, server) async throws in
            let result = try await ferry.tasks.run(app: "a/b", input: ["n": 1], wait: false)
            #expect(result.status == .queued)
            #expect(server.requests.count == 1)
        }
    }

    @Test func `a failed task is an error with its words and id`() async throws {
        try await withStub(script: { request, _ in
            request.path == "/apps/run"
                ? .json(started) : lines([.snapshot(taskRecord(.failed, error: "the image is corrupt"))])
        }) { (ferry, _) async throws in
            let error = await ferryError { try await ferry.tasks.run(app: "a/b") }
            #expect(error?.code == .taskFailed)
            #expect(error?.taskID == taskID)
            #expect(error?.message.contains("the image is corrupt") == true)
        }
    }

    @Test func `a cancelled task is an error of its own`() async throws {
        try await withStub(script: { request, _ in
            request.path == "/apps/run" ? .json(started) : lines([.snapshot(taskRecord(.cancelled))])
        }) { (ferry, _) async throws in
            let error = await ferryError { try await ferry.tasks.run(app: "a/b") }
            #expect(error?.code == .taskCancelled)
        }
    }

    @Test func `updates come once each, partial ones merged, and end with the end`() async throws {
        try await withStub(script: { _, _ in
            lines([
                .snapshot(taskRecord(.queued)), .snapshot(taskRecord(.queued)),
                .partial(["status": 7], fields: ["status"]),
                .delta(["x": 1]), .snapshot(taskRecord(.completed, output: 1)), .snapshot(taskRecord(.failed)),
            ])
        }) { (ferry, _) async throws in
            var states: [TaskStatus] = []
            for try await update in ferry.tasks.updates(of: taskID) { states.append(update.status) }
            #expect(states == [.queued, .running, .completed])
        }
    }

    @Test func `a stream that breaks is opened again and the end is not missed`() async throws {
        try await withStub(script: { request, _ in
            switch (request.path, request.earlier) {
            case ("/apps/run", _): .json(started)
            case ("/tasks/\(taskID)/stream", 0): lines([.snapshot(taskRecord(.queued))])
            case ("/tasks/\(taskID)/stream", 1): .reset
            case ("/tasks/\(taskID)/stream", _):
                lines([.snapshot(taskRecord(.running)), .snapshot(taskRecord(.completed))])
            default: .json(taskRecord(.queued).json)
            }
        }) { (ferry, server) async throws in
            let result = try await ferry.tasks.run(app: "a/b")
            #expect(result.status == .completed)
            #expect(server.requests("GET", "/tasks/\(taskID)/stream").count == 3)
        }
    }

    @Test func `an end that came while nobody listened is read`() async throws {
        try await withStub(script: { request, _ in
            switch request.path {
            case "/apps/run": .json(started)
            case "/tasks/\(taskID)/stream": request.earlier == 0 ? lines([.snapshot(taskRecord(.running))]) : .silence
            default: .json(taskRecord(.completed, output: ["x": 1]).json)
            }
        }) { (ferry, _) async throws in
            let result = try await ferry.tasks.run(app: "a/b")
            #expect(result.output["x"] == 1)
        }
    }

    @Test func `without a stream the state is asked for`() async throws {
        try await withStub(script: { request, _ in
            switch request.path {
            case "/apps/run": .json(started)
            case "/tasks/\(taskID)/stream": .problem(404, "not_found", "no such route")
            default: .json(taskRecord(request.earlier < 3 ? .running : .completed).json)
            }
        }) { (ferry, server) async throws in
            let result = try await ferry.tasks.run(app: "a/b")
            #expect(result.status == .completed)
            #expect(server.requests("GET", "/tasks/\(taskID)/stream").count == 1)
            #expect(server.requests("GET", "/tasks/\(taskID)").count == 4)
        }
    }

    @Test func `a server that is away for a while does not end the wait`() async throws {
        try await withStub(script: { request, _ in
            switch request.path {
            case "/apps/run": .json(started)
            case "/tasks/\(taskID)/stream": .reset
            default: request.earlier < 9 ? .respond(status: 503) : .json(taskRecord(.completed).json)
            }
        }) { (ferry, _) async throws in
            #expect(try await ferry.tasks.run(app: "a/b").status == .completed)
        }
    }

    @Test func `a server that stays away does`() async throws {
        try await withStub(script: { request, _ in
            request.path == "/apps/run" ? .json(started) : .respond(status: 503)
        }) { (ferry, _) async throws in
            let error = await ferryError { try await ferry.tasks.run(app: "a/b") }
            #expect(error?.status == 503)
        }
    }

    @Test func `an unknown task is told as such`() async throws {
        try await withStub(script: { _, _ in .problem(404, "not_found", "no such task") }) { (ferry, _) async throws in
            let error = await ferryError { for try await _ in ferry.tasks.updates(of: taskID) {} }
            #expect(error?.code == .notFound)
        }
    }

    @Test(arguments: [true, false])
    func `a cancelled wait cancels the task if it is to`(cancelsRemotely: Bool) async throws {
        try await withStub(script: { request, _ in
            switch request.path {
            case "/apps/run": .json(started)
            case "/tasks/\(taskID)/stream": lines([.snapshot(taskRecord(.running))], staysOpen: true)
            default: .json([:])
            }
        }) { (ferry, server) async throws in
            let waiting = Task { try await ferry.tasks.run(app: "a/b", cancelsRemotely: cancelsRemotely) }
            let isListening = try await eventually { server.requests.contains { $0.path.hasSuffix("/stream") } }
            #expect(isListening)
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            #expect(server.requests("POST", "/tasks/\(taskID)/cancel").count == (cancelsRemotely ? 1 : 0))
            #expect(try await eventually { server.openConnections <= 1 })
        }
    }

    @Test func `state, logs, cancel and delete reach their routes`() async throws {
        try await withStub(script: { request, _ in
            switch request.path {
            case "/tasks/\(taskID)/status": .json(["id": .string(taskID), "status": 7])
            case "/tasks/\(taskID)/logs":
                .json(["task_id": .string(taskID), "logs": [["id": "l", "log_type": 4, "content": "aGk="]]])
            default: .json([:])
            }
        }) { (ferry, server) async throws in
            #expect(try await ferry.tasks.status(taskID) == .running)
            #expect(try await ferry.tasks.logs(taskID).map(\.content) == ["hi"])
            try await ferry.tasks.cancel(taskID)
            try await ferry.tasks.delete(taskID)
            #expect(server.requests.map(\.method) == ["GET", "GET", "POST", "DELETE"])
        }
    }
}
