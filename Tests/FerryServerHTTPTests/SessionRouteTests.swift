// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerHTTP

@Suite(.timeLimit(.minutes(2)))
struct SessionRouteTests {
    private func run(_ session: String, on server: TestServer) async throws -> RawResponse {
        try await server.post(
            "/apps/run", ["app": "test/echo", "input": [:], "session": .string(session), "wait": true])
    }

    @Test func `a session is begun, shown, kept, used and ended`() async throws {
        try await withTestServer { server in
            let first = try await run("new", on: server)
            #expect(first.status == 200)
            let id = try #require(first.data["session_id"]?.stringValue)
            #expect(first.data["session_timeout"] == 300)
            let shown = try await server.ask("GET", "/sessions/\(id)")
            #expect(shown.data["status"] == "active")
            #expect(shown.data["call_count"] == 1)
            #expect(shown.data["task_id"] == first.data["id"])
            #expect(shown.data["idle_timeout"] == 300)
            for name in ["worker_id", "app_id", "app_version_id", "expires_at", "visibility", "short_id"] {
                #expect(shown.data[name]?.stringValue != nil, "\(name)")
            }
            #expect(try await run(id, on: server).status == 200)
            let kept = try await server.ask("POST", "/sessions/\(id)/keepalive", headers: [("Content-Length", "0")])
            #expect(kept.status == 200)
            #expect(kept.data["call_count"] == 2)
            #expect(try await server.ask("GET", "/sessions").data.arrayValue?.count == 1)
            let ended = try await server.ask("DELETE", "/sessions/\(id)")
            #expect(ended.status == 200)
            #expect(ended.data["status"] == "ended")
            let over = try await run(id, on: server)
            #expect(over.status == 410)
            #expect(over.code == "SESSION_ENDED")
            let nobody = try await server.ask("GET", "/sessions/\(Identifier.random())")
            #expect(nobody.status == 404)
            #expect(nobody.code == "SESSION_NOT_FOUND")
        }
    }

    @Test func `apps answer by version, and are not taken unless the operator said so`() async throws {
        try await withTestServer { server in
            let app = try await server.ask("GET", "/apps/test/echo")
            let version = try #require(app.data["version_id"]?.stringValue)
            for name in [version, Identifier.short(version), "latest"] {
                #expect(try await server.ask("GET", "/apps/test/echo@\(name)").data["version_id"] == .string(version))
            }
            #expect(try await server.ask("GET", "/apps/test/echo@abcdefgh").status == 404)
            let refused = try await server.post("/apps", ["files": [["path": "inf.yml", "uri": "inf://x"]]])
            #expect(refused.status == 403)
            #expect(refused.json["detail"]?.stringValue?.contains("--allow-deploy") == true)
        }
    }
}
