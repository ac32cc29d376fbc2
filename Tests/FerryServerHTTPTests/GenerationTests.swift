// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryTesting
import FerryWire
import Testing

@testable import FerryServerHTTP

/// How answers are wrapped and refused: wire-contract.md sections 1.2 and 1.3.
@Suite(.timeLimit(.minutes(2)))
struct GenerationTests {
    @Test func `each generation of clients gets the answer it reads`() async throws {
        try await withTestServer { server in
            let request: JSONValue = ["files": [["filename": "a"]]]
            let plain = try await server.post("/files", request)
            #expect(plain.json["success"] == true)
            #expect(plain.json["status"] == 200)
            #expect(plain.json["messages"] == [])
            #expect(plain.json["data"]?[0]?["filename"] == "a")
            #expect(plain.header("Content-Type") == "application/json")
            for headers in [[("X-API-Version", "2")], [("x-inf-proxy", "@inferencesh/sdk-proxy/nextjs")]] {
                let bare = try await server.post("/files", request, headers: headers)
                #expect(bare.json[0]?["filename"] == "a")
                #expect(bare.status == 200)
            }
            for version in ["1", "3", ""] {
                let other = try await server.post("/files", request, headers: [("X-API-Version", version)])
                #expect(other.json["data"]?[0]?["filename"] == "a")
            }
        }
    }

    @Test func `no answer is empty`() async throws {
        try await withTestServer { server in
            let record = try await server.upload("hello")
            let deleted = try await server.ask("DELETE", "/files/\(record.id)")
            #expect(deleted.status == 200)
            #expect(deleted.json["success"] == true)
            #expect(deleted.data["deleted"] == true)
        }
    }

    @Test func `a refusal can be read by every generation`() async throws {
        try await withTestServer { server in
            for headers in [[], [("X-API-Version", "2")], [("x-inf-proxy", "x")]] {
                let response = try await server.ask("GET", "/files/\(Identifier.random())", headers: headers)
                #expect(response.status == 404)
                #expect(response.header("Content-Type") == "application/problem+json")
                let body = response.json
                #expect(body["type"] == "https://api.inference.sh/errors/not_found")
                #expect(body["status"] == 404)
                #expect(body["title"]?.stringValue?.isEmpty == false)
                #expect(body["detail"]?.stringValue?.contains("no such file") == true)
                #expect(body["success"] == false)
                #expect(body["error"]?["code"] == "not_found")
                #expect(body["error"]?["message"] == body["detail"])
            }
        }
    }

    @Test func `who shows no key learns how to`() async throws {
        try await withTestServer { server in
            for key in [nil, "inf_wrong", String(repeating: "x", count: 65_000)] as [String?] {
                let response = try await server.ask("GET", "/files", key: key)
                #expect(response.status == 401)
                #expect(response.code == "unauthorized")
                #expect(response.header("WWW-Authenticate") == "Bearer")
                #expect(!response.text.contains(key ?? "Bearer x"))
            }
            let lower = try await server.ask(
                "GET", "/files", key: nil, headers: [("authorization", "bearer \(TestServer.rootKey)")])
            #expect(lower.status == 200)
            #expect(try await server.ask("GET", "/files?api_key=\(TestServer.rootKey)", key: nil).status == 401)
        }
    }

    @Test func `health needs no key`() async throws {
        try await withTestServer { server in
            let response = try await server.ask("GET", "/health", key: nil)
            #expect(response.status == 200)
            #expect(response.json["status"] == "ok")
        }
    }

    @Test func `what is not there is a 404 and a wrong method a 405, both as problems`() async throws {
        try await withTestServer { server in
            for target in ["/nowhere", "/", "/v1", "/v2/files", "/files/a/b/c", "/filesystem", "/.env"] {
                let response = try await server.ask("GET", target)
                #expect(response.status == 404, "\(target)")
                #expect(response.header("Content-Type") == "application/problem+json")
                #expect(response.code == "not_found")
            }
            for (method, target, allowed) in [
                ("PATCH", "/files", "GET, POST"), ("POST", "/health", "GET"), ("GET", "/apps/run", "POST"),
                ("PUT", "/tasks/abc", "DELETE, GET"), ("GET", "/uploads/abc", "PUT"),
                ("DELETE", "/v1/files", "GET, POST"),
            ] {
                let response = try await server.ask(method, target)
                #expect(response.status == 405, "\(method) \(target)")
                #expect(response.header("Content-Type") == "application/problem+json")
                #expect(response.code == "method_not_allowed")
                #expect(response.header("Allow") == allowed)
            }
        }
    }

    @Test func `every route answers under the root and under v1 and with doubled slashes`() async throws {
        try await withTestServer { server in
            var client = try await server.connect()
            for (template, _) in RouteTable.actions {
                let path = template.path("a", "b")
                for target in [path, "/v1\(path)", "/\(path)", path.replacing("/", with: "//")] {
                    try await client.send(server.head(template.method, target, headers: [("Content-Length", "0")]))
                    let response = try await client.response(toHead: template.method == "HEAD")
                    #expect(!response.text.contains("no such route"), "\(template.method) \(target)")
                    #expect(response.status != 405, "\(template.method) \(target)")
                    if response.header("Connection") == "close" { client = try await server.connect() }
                }
            }
        }
    }
}
