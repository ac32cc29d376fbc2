// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@testable import FerryClient

@Suite struct SessionTests {
    private static let session = SessionDTO(
        id: fileID, createdAt: Timestamp(seconds: 0), updatedAt: Timestamp(seconds: 0),
        expiresAt: Timestamp(seconds: 60), callCount: 2)

    private static func answer(_ request: StubRequest) -> StubReply {
        var done = taskRecord(.completed, output: ["n": 1])
        done.sessionID = fileID
        switch (request.method, request.path) {
        case ("POST", "/apps/run"): return .json(done.json)
        case (_, "/sessions"): return .json([session.json])
        default:
            return request.path.hasPrefix("/sessions/") ? .json(session.json) : .problem(404, "not_found", "no")
        }
    }

    @Test func `a session is begun by its first call, used by the others, and ended`() async throws {
        try await withStub(script: { request, _ in Self.answer(request) }) { (ferry, server) async throws in
            let outputs = try await ferry.withSession(app: "a/b", timeout: .seconds(7)) { session in
                #expect(session.id == nil)
                async let first = session.call("f", ["x": 1])
                async let second = session.call("g")
                let results = [try await first.output, try await second.output]
                #expect(try await session.info() == Self.session)
                #expect(try await session.keepAlive().callCount == 2)
                return results
            }
            #expect(outputs == [["n": 1], ["n": 1]])
            let runs = server.requests("POST", "/apps/run").compactMap(\.json)
            #expect(runs.compactMap { $0["session"]?.stringValue } == ["new", fileID])
            #expect(runs.map { $0["session_timeout"] } == [7, nil])
            #expect(Set(runs.compactMap { $0["function"]?.stringValue }) == ["f", "g"])
            #expect(server.requests("DELETE", "/sessions/\(fileID)").count == 1)
        }
    }

    @Test func `a body that throws ends the session too, and one without a call ends none`() async throws {
        struct Trouble: Error {}
        try await withStub(script: { request, _ in Self.answer(request) }) { (ferry, server) async throws in
            await #expect(throws: Trouble.self) {
                try await ferry.withSession(app: "a/b") { session in
                    try await session.call()
                    throw Trouble()
                }
            }
            #expect(server.requests("DELETE", "/sessions/\(fileID)").count == 1)
            try await ferry.withSession(app: "a/b") { _ in }
            #expect(server.requests("DELETE", "/sessions/\(fileID)").count == 1)
            #expect(try await ferry.sessions.list() == [Self.session])
        }
    }

    @Test func `files and timings of a task are asked for`() async throws {
        let file = TaskFileDTO(
            id: fileID, createdAt: Timestamp(seconds: 0), role: .output, uri: "inf://files/\(fileID)/a", filename: "a",
            contentType: "text/plain", size: 1)
        let timings = TaskTimingsDTO(taskID: taskID, status: .completed, running: 5, total: 5)
        try await withStub(script: { request, _ in
            switch (request.method, request.path) {
            case ("GET", "/tasks/\(taskID)/files"): .json([file.json])
            case ("DELETE", "/tasks/\(taskID)/files"): .json(TaskFileDeletion(deleted: [fileID]).json)
            case ("GET", "/tasks/\(taskID)/timings"): .json(timings.json)
            default: .problem(404, "not_found", "no")
            }
        }) { (ferry, server) async throws in
            #expect(try await ferry.tasks.files(taskID) == [file])
            #expect(try await ferry.tasks.files(taskID, role: .output) == [file])
            #expect(try await ferry.tasks.deleteFiles(taskID, role: .input).deleted == [fileID])
            #expect(try await ferry.tasks.timings(taskID) == timings)
            #expect(server.requests.map(\.query) == ["", "role=output", "role=input", ""])
        }
    }
}
