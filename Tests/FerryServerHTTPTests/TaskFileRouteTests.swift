// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryTesting
import FerryWire
import Testing

@testable import FerryServerHTTP

@Suite(.timeLimit(.minutes(2)))
struct TaskFileRouteTests {
    /// A task that ended, with one file in and one out.
    private func finished(on server: TestServer) async throws -> (id: String, source: FileDTO) {
        let source = try await server.upload("hello")
        let response = try await server.post(
            "/apps/run", ["app": "test/paint", "input": ["file": .string(source.uri)], "wait": true])
        #expect(response.status == 200)
        return (try #require(response.data["id"]?.stringValue), source)
    }

    @Test func `a task's files are listed by role`() async throws {
        try await withTestServer { server in
            let (id, source) = try await finished(on: server)
            let all = try await server.ask("GET", "/tasks/\(id)/files")
            #expect(all.status == 200)
            #expect(all.data.arrayValue?.map { $0["role"] } == ["input", "output"])
            let inputs = try await server.ask("GET", "/v1/tasks/\(id)/files?role=input")
            #expect(inputs.data.arrayValue?.count == 1)
            #expect(inputs.data[0]?["id"] == .string(source.id))
            #expect(inputs.data[0]?["uri"] == .string(source.uri))
            #expect(inputs.data[0]?["size"] == 5)
            let outputs = try await server.ask("GET", "/tasks/\(id)/files?role=output&other=1")
            #expect(outputs.data[0]?["filename"] == "red.png")
            #expect(outputs.data[0]?["content_type"] == "image/png")
            #expect(outputs.data[0]?["created_at"]?.stringValue.flatMap { Timestamp(rfc3339: $0) } != nil)
        }
    }

    @Test func `files are deleted by role and the task stays`() async throws {
        try await withTestServer { server in
            let (id, source) = try await finished(on: server)
            let output = try await server.ask("GET", "/tasks/\(id)/files?role=output").data[0]?["id"]
            let outcome = try await server.ask("DELETE", "/tasks/\(id)/files?role=output")
            #expect(outcome.status == 200)
            #expect(outcome.data == ["deleted": [try #require(output)], "skipped": []])
            let again = try await server.ask("DELETE", "/tasks/\(id)/files?role=output")
            #expect(again.data == ["deleted": [], "skipped": []])
            #expect(try await server.ask("GET", "/files/\(source.id)").status == 200)
            #expect(try await server.ask("DELETE", "/tasks/\(id)/files").data["deleted"] == [.string(source.id)])
            #expect(try await server.ask("GET", "/files/\(source.id)").status == 404)
            #expect(try await server.ask("GET", "/tasks/\(id)").status == 200)
        }
    }

    @Test(arguments: [("", 200), ("?files=false", 200), ("?files=true", 404), ("?files=1", 404)])
    func `a task is deleted with its files or without`(query: String, expected: Int) async throws {
        try await withTestServer { server in
            let (id, source) = try await finished(on: server)
            #expect(try await server.ask("DELETE", "/tasks/\(id)\(query)").status == 200)
            #expect(try await server.ask("GET", "/tasks/\(id)").status == 404)
            #expect(try await server.ask("GET", "/files/\(source.id)").status == expected)
        }
    }

    @Test func `a query that could be misread deletes nothing`() async throws {
        try await withTestServer { server in
            let (id, source) = try await finished(on: server)
            for target in [
                "/files?role=inputs", "/files?role=input&role=output", "/files?role=%FF", "?files=maybe",
                "?files=true&files=false",
            ] {
                #expect(try await server.ask("DELETE", "/tasks/\(id)\(target)").status == 422, "\(target)")
            }
            #expect(try await server.ask("GET", "/files/\(source.id)").status == 200)
            #expect(try await server.ask("GET", "/tasks/\(id)/files").data.arrayValue?.count == 2)
        }
    }

    @Test func `files of a task that runs stay`() async throws {
        try await withTestServer { server in
            let response = try await server.post("/apps/run", ["app": "test/wait", "input": [:]])
            let id = try #require(response.data["id"]?.stringValue)
            let refused = try await server.ask("DELETE", "/tasks/\(id)/files")
            #expect(refused.status == 409)
            #expect(refused.code == "invalid_transition")
            _ = try await server.ask("POST", "/tasks/\(id)/cancel")
        }
    }

    @Test func `keys need the right to see and to delete files`() async throws {
        try await withTestServer { server in
            let (id, _) = try await finished(on: server)
            func key(_ scopes: JSONValue, team: String = "default") async throws -> String {
                let made = try await server.post("/keys", ["name": "x", "scopes": scopes, "team": .string(team)])
                return try #require(made.data["key"]?.stringValue)
            }
            let runner = try await key(["apps:execute"])
            let reader = try await key(["apps:execute", "files:read"])
            let stranger = try await key(["apps:execute", "files:read", "files:write"], team: "strangers")
            for (method, key, status) in [
                ("GET", runner, 403), ("GET", reader, 200), ("DELETE", reader, 403), ("GET", stranger, 404),
                ("DELETE", stranger, 404),
            ] {
                #expect(try await server.ask(method, "/tasks/\(id)/files", key: key).status == status, "\(method)")
            }
            #expect(try await server.ask("DELETE", "/tasks/\(id)?files=true", key: reader).status == 403)
            #expect(try await server.ask("GET", "/tasks/\(id)").status == 200)
        }
    }

    @Test func `a task's phases and the webhooks' secret are told`() async throws {
        try await withTestServer { server in
            let (id, _) = try await finished(on: server)
            let response = try await server.ask("GET", "/tasks/\(id)/timings")
            #expect(response.status == 200)
            let timings = try TaskTimingsDTO(json: response.data)
            #expect(timings.taskID == id)
            #expect(timings.status == .completed)
            #expect(timings.total >= timings.running)
            let secret = try await server.ask("GET", "/webhooks/secret")
            #expect(secret.data["secret"]?.stringValue?.hasPrefix("whsec_") == true)
            #expect(secret.header("Cache-Control") == "no-store")
            let made = try await server.post("/keys", ["name": "x", "scopes": ["apps:execute"]])
            let key = try #require(made.data["key"]?.stringValue)
            #expect(try await server.ask("GET", "/webhooks/secret", key: key).status == 403)
        }
    }

    @Test func `a start in the future is shown and one too far ahead refused`() async throws {
        try await withTestServer { server in
            let task = try await server.post(
                "/apps/run",
                ["app": "test/echo", "input": [:], "run_at": .time(ServerClock.system.now().advanced(bySeconds: 3600))])
            #expect(task.status == 200)
            #expect(task.data["status"] == 2)
            #expect(task.data["run_at"]?.stringValue != nil)
            let id = try #require(task.data["id"]?.stringValue)
            #expect(try await server.ask("POST", "/tasks/\(id)/cancel").data["status"] == 12)
            for time in ["2999-01-01T00:00:00Z", "tomorrow"] as [JSONValue] {
                let refused = try await server.post("/apps/run", ["app": "test/echo", "input": [:], "run_at": time])
                #expect(refused.status == 422)
                #expect(refused.json["detail"]?.stringValue?.hasPrefix("/run_at") == true)
            }
        }
    }
}
