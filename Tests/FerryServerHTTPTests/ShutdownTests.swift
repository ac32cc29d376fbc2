// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryTesting
import FerryWire
import Testing

@testable import FerryServerHTTP

@Suite(.timeLimit(.minutes(2)))
struct ShutdownTests {
    @Test func `an upload under way is finished and answered`() async throws {
        try await withTestServer { server in
            let record = try await server.makeRecord()
            let client = try await server.connect()
            try await client.send(
                server.head("PUT", try server.target(record.uploadURL), key: nil, headers: [("Content-Length", "5")])
                    + "he")
            try await eventually("it has begun") { server.blobs.uploadCount == 1 }
            await server.shutDown()
            try await eventually("nobody new is let in") { (try? await server.ask("GET", "/health")) == nil }
            try await client.send("llo")
            #expect(try await client.response().status == 200)
            #expect(try await client.rest().isEmpty)
            #expect(try await server.files.file(id: record.id)?.isReady == true)
        }
    }

    @Test func `streams end and waits are told to come back`() async throws {
        try await withTestServer { server in
            let run = try await server.post("/apps/run", ["app": "test/wait", "input": [:]])
            let id = try #require(run.data["id"]?.stringValue)
            let stream = try await server.connect()
            try await stream.send(server.head("GET", "/tasks/\(id)/stream"))
            try await stream.wait(forBytes: 1000)
            let wait = try await server.connect()
            let body = "{\"app\":\"test/wait\",\"input\":{},\"wait\":true}"
            try await wait.send(server.head("POST", "/run", headers: [("Content-Length", "\(body.utf8.count)")]) + body)
            try await eventually("both run") { try await server.tasks.unfinishedCount() == 2 }
            await server.shutDown()
            let lines = try await stream.response().text
            #expect(lines.contains(id))
            #expect(!lines.contains("\"status\":12"))
            let answer = try await wait.response()
            #expect(answer.status == 503)
            #expect(answer.header("Retry-After") != nil)
            #expect(try await stream.rest().isEmpty)
            #expect(try await wait.rest().isEmpty)
        }
    }

    @Test func `idle connections are closed`() async throws {
        try await withTestServer { server in
            let client = try await server.connect()
            try await client.send(server.head("GET", "/health"))
            #expect(try await client.response().status == 200)
            await server.shutDown()
            #expect(try await client.rest().isEmpty)
        }
    }
}
