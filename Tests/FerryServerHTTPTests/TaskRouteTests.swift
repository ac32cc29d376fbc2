// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryTesting
import FerryWire
import Testing

@testable import FerryServerHTTP

@Suite(.timeLimit(.minutes(2)))
struct TaskRouteTests {
    private func start(_ app: String, on server: TestServer, input: JSONValue = [:]) async throws -> String {
        let response = try await server.post("/apps/run", ["app": .string(app), "input": input])
        #expect(response.status == 200)
        return try #require(response.data["id"]?.stringValue)
    }

    private func state(_ id: String, on server: TestServer) async throws -> JSONValue? {
        try await server.ask("GET", "/tasks/\(id)/status").data["status_text"]
    }

    @Test(arguments: ["/apps/run", "/run", "/v1/apps/run"])
    func `a run answers at once with a task that has not ended`(target: String) async throws {
        try await withTestServer { server in
            let response = try await server.post(
                target, ["app": "test/echo", "input": ["number": 5], "infra": "cloud", "workers": [], "variant": "x"])
            #expect(response.status == 200)
            let task = try TaskDTO(json: response.data)
            #expect(!task.status.isTerminal)
            #expect(task.status != .unknown)
            try await eventually("it has ended") { try await state(task.id, on: server) == "completed" }
            let whole = try await server.ask("GET", "/tasks/\(task.id)")
            #expect(whole.data["output"] == ["echo": ["number": 5]])
            #expect(whole.data["status"] == 10)
            let logs = try await server.ask("GET", "/tasks/\(task.id)/logs")
            #expect(logs.data["task_id"] == .string(task.id))
            #expect(logs.data["logs"]?[0]?["content"] == "YmVndW4K")
            #expect(try await server.ask("POST", "/tasks/list").data["items"]?[0]?["id"] == .string(task.id))
            #expect(try await server.ask("DELETE", "/tasks/\(task.id)").status == 200)
            #expect(try await server.ask("GET", "/tasks/\(task.id)").status == 404)
        }
    }

    @Test func `who waits gets the end`() async throws {
        try await withTestServer { server in
            let done = try await server.post("/apps/run", ["app": "test/paint", "input": [:], "wait": true])
            #expect(done.status == 200)
            #expect(done.data["status"] == 10)
            let file = try #require(done.data["output"]?["image"])
            #expect(file["content_type"] == "image/png")
            #expect(file["size"] == 3)
            #expect(file["filename"] == "red.png")
            let uri = try #require(file["uri"]?.stringValue)
            let image = try await server.ask("GET", server.target(uri), key: nil)
            #expect(image.text == "red")
            #expect(image.header("Content-Type") == "image/png")

            let failed = try await server.post("/apps/run", ["app": "test/fail", "input": [:], "wait": true])
            #expect(failed.status == 422)
            #expect(failed.code == "task_failed")
            #expect(failed.json["detail"]?.stringValue?.contains("no such colour") == true)
        }
    }

    @Test func `who waits for a task that is cancelled is told`() async throws {
        try await withTestServer { server in
            let client = try await server.connect()
            let body = "{\"app\":\"test/wait\",\"input\":{},\"wait\":true}"
            try await client.send(
                server.head("POST", "/run", headers: [("Content-Length", "\(body.utf8.count)")]) + body)
            try await eventually("it runs") {
                try await server.ask("POST", "/tasks/list").data["items"]?[0]?["status"] == 7
            }
            let list = try await server.ask("POST", "/tasks/list")
            let id = try #require(list.data["items"]?[0]?["id"]?.stringValue)
            let cancelled = try await server.ask("POST", "/tasks/\(id)/cancel", headers: [("Content-Length", "0")])
            #expect(cancelled.status == 200)
            #expect(cancelled.data["cancelled"] == true)
            let response = try await client.response()
            #expect(response.status == 422)
            #expect(response.code == "task_cancelled")
        }
    }

    @Test func `what cannot run is told before a task exists`() async throws {
        try await withTestServer { server in
            let gone = "inf://files/\(Identifier.random())/x.png"
            let cases: [(JSONValue, Int, String)] = [
                (["app": "test/nothing", "input": [:]], 404, "not_found"), (["input": [:]], 422, "validation_error"),
                (["app": "test/echo", "input": ["number": "x"]], 422, "validation_error"),
                (["app": "test/echo", "input": ["file": "/etc/passwd"]], 422, "validation_error"),
                (["app": "test/echo", "input": ["file": ["path": "/etc/passwd"]]], 422, "validation_error"),
                (["app": "test/echo", "input": ["file": "file:///etc/passwd"]], 422, "validation_error"),
                (["app": "test/echo", "input": ["file": "../x"]], 422, "validation_error"),
                (["app": "test/echo", "input": ["file": .string(gone)]], 422, "file_not_found"),
                (["app": "test/echo", "input": ["file": "http://example.com/x"]], 422, "validation_error"),
                (["app": "test/echo", "input": [:], "session": "nobody"], 404, "SESSION_NOT_FOUND"),
                (["app": 5, "input": [:]], 422, "validation_error"),
            ]
            for (request, status, code) in cases {
                let response = try await server.post("/apps/run", request)
                #expect(response.status == status, "\(request)")
                #expect(response.code == code)
            }
            #expect(try await server.ask("POST", "/tasks/list").data["items"] == [])
        }
    }

    @Test func `a link of ours may stand for its file`() async throws {
        try await withTestServer { server in
            let record = try await server.upload("hello")
            for address in [record.url, record.uri] {
                let response = try await server.post(
                    "/apps/run", ["app": "test/echo", "input": ["file": .string(address)], "wait": true])
                #expect(response.status == 200)
                #expect(response.data["input"]?["file"] == .string(record.uri))
            }
        }
    }

    @Test func `a task that runs cannot be deleted and another team's is not there`() async throws {
        try await withTestServer { server in
            let id = try await start("test/wait", on: server)
            #expect(try await server.ask("DELETE", "/tasks/\(id)").status == 409)
            let other = try await server.post("/keys", ["name": "x", "team": "other"])
            let key = try #require(other.data["key"]?.stringValue)
            for (method, suffix) in [
                ("GET", ""), ("GET", "/status"), ("GET", "/stream"), ("GET", "/logs"), ("POST", "/cancel"),
                ("DELETE", ""),
            ] {
                let response = try await server.ask(method, "/tasks/\(id)\(suffix)", key: key)
                #expect(response.status == 404, "\(method) \(suffix)")
                #expect(response.header("Content-Type") == "application/problem+json")
            }
            #expect(try await server.ask("POST", "/tasks/\(id)/cancel").status == 200)
            try await eventually("it is cancelled") { try await state(id, on: server) == "cancelled" }
            let again = try await server.ask("POST", "/tasks/\(id)/cancel")
            #expect(again.data["status"] == 12)
        }
    }

    @Test func `apps are listed and found by name`() async throws {
        try await withTestServer { server in
            let list = try await server.ask("POST", "/apps/list")
            #expect(
                list.data["items"]?.arrayValue?.compactMap { $0["name"]?.stringValue } == [
                    "echo", "fail", "paint", "wait",
                ])
            let app = try await server.ask("GET", "/apps/test/echo")
            #expect(app.data["ref"] == "test/echo")
            #expect(app.data["input_schema"]?["properties"]?["number"]?["type"] == "integer")
            #expect(try await server.ask("GET", "/apps/echo").data["ref"] == "test/echo")
            #expect(try await server.ask("GET", "/apps/test/nothing").status == 404)
            #expect(try await server.ask("GET", "/apps/..%2Fx").status == 404)
        }
    }

    @Test func `keys are made, listed, rotated and revoked`() async throws {
        try await withTestServer { server in
            let made = try await server.post("/keys", ["name": "ci", "scopes": ["files:read"]])
            #expect(made.status == 200)
            let key = try #require(made.data["key"]?.stringValue)
            let id = try #require(made.data["id"]?.stringValue)
            #expect(try await server.ask("GET", "/files", key: key).status == 200)
            let refused = try await server.post("/files", ["files": [[:]]], key: key)
            #expect(refused.status == 403)
            #expect(refused.code == "insufficient_scope")
            #expect(try await server.ask("GET", "/keys", key: key).status == 403)
            let list = try await server.ask("GET", "/keys")
            #expect(list.data[0]?["id"] == .string(id))
            #expect(!list.text.contains(key))
            let rotated = try await server.ask("POST", "/keys/\(id)/rotate")
            let fresh = try #require(rotated.data["key"]?.stringValue)
            #expect(try await server.ask("GET", "/files", key: key).status == 401)
            #expect(try await server.ask("GET", "/files", key: fresh).status == 200)
            let freshID = try #require(rotated.data["id"]?.stringValue)
            #expect(try await server.ask("DELETE", "/keys/\(freshID)").data["revoked"] == true)
            #expect(try await server.ask("GET", "/files", key: fresh).status == 401)
        }
    }
}
