// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Testing

@testable import FerryServerHTTP

@Suite(.timeLimit(.minutes(2)))
struct ActivityTests {
    @Test func `a server is busy while a request is under way and idle after its answer`() async throws {
        try await withTestServer { server in
            try await eventually("it is idle at first") { server.activity.idleTime > .zero }
            let record = try await server.makeRecord()
            let client = try await server.connect()
            try await client.send(
                server.head("PUT", try server.target(record.uploadURL), key: nil, headers: [("Content-Length", "5")]))
            try await eventually("it is busy") { server.activity.idleTime == .zero }
            try await client.send("hello")
            _ = try await client.response()
            try await eventually("it is idle again") { server.activity.idleTime > .zero }
        }
    }

    @Test func `answers of every kind end their request`() async throws {
        try await withTestServer { server in
            let record = try await server.upload("hello")
            let target = try server.target(record.url)
            for (method, path, headers) in [
                ("GET", target, []), ("HEAD", target, []), ("GET", target, [("If-None-Match", "*")]),
                ("GET", target, [("Range", "bytes=9-")]), ("GET", "/nowhere", []), ("GET", "/files", []),
            ] as [(String, String, [(String, String)])] {
                _ = try await server.ask(method, path, headers: headers)
                try await eventually("it is idle after \(method) \(headers)") { server.activity.idleTime > .zero }
            }
        }
    }

    @Test func `a client that went away before its answer does not keep the server busy`() async throws {
        try await withTestServer { server in
            let client = try await server.connect()
            let body = "{\"app\":\"test/wait\",\"input\":{},\"wait\":true}"
            try await client.send(
                server.head("POST", "/run", headers: [("Content-Length", "\(body.utf8.count)")]) + body)
            try await eventually("it runs") {
                try await server.ask("POST", "/tasks/list").data["items"]?[0]?["status"] == 7
            }
            await client.close()
            // The wait ends though the task goes on.
            try await eventually("it is idle") { server.activity.idleTime > .zero }
            let list = try await server.ask("POST", "/tasks/list")
            #expect(list.data["items"]?[0]?["status"] == 7)
            let id = try #require(list.data["items"]?[0]?["id"]?.stringValue)
            _ = try await server.ask("POST", "/tasks/\(id)/cancel")
        }
    }

    @Test func `a client that goes away during a stream does not keep the server busy`() async throws {
        try await withTestServer(limits: { $0.heartbeatInterval = 1 }) { server in
            let run = try await server.post("/apps/run", ["app": "test/wait", "input": [:]])
            let id = try #require(run.data["id"]?.stringValue)
            let client = try await server.connect()
            try await client.send(server.head("GET", "/tasks/\(id)/stream"))
            try await client.wait(forBytes: 100)
            #expect(server.activity.idleTime == .zero)
            await client.close()
            try await eventually("it is idle") { server.activity.idleTime > .zero }
            _ = try await server.ask("POST", "/tasks/\(id)/cancel")
        }
    }

    @Test func `a download that is not read to its end does not keep the server busy`() async throws {
        try await withTestServer { server in
            let record = try await server.upload(String(repeating: "x", count: 16 << 20))
            let client = try await server.connect()
            try await client.send(server.head("GET", try server.target(record.url), key: nil))
            try await client.wait(forBytes: 1000)
            await client.close()
            try await eventually("it is idle") { server.activity.idleTime > .zero }
        }
    }

    @Test func `links begin with the public address if there is one`() async throws {
        try await withTestServer(publicURL: "https://files.example") { server in
            let response = try await server.post("/files", ["files": [[:]]])
            let link = try #require(response.data[0]?["upload_url"]?.stringValue)
            #expect(link.hasPrefix("https://files.example/uploads/"))
            let target = String(link.dropFirst("https://files.example".count))
            #expect(try await server.ask("PUT", target, key: nil, body: "x").status == 200)
        }
    }
}
