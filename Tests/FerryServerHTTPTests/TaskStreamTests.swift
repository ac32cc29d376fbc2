// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryTesting
import FerryWire
import Testing

@testable import FerryServerHTTP

/// The stream's rules: wire-contract.md section 5.5.
@Suite(.timeLimit(.minutes(2)))
struct TaskStreamTests {
    private let ndjson = [("Accept", "application/x-ndjson")]

    private func start(_ app: String, on server: TestServer) async throws -> String {
        let response = try await server.post("/apps/run", ["app": .string(app), "input": [:]])
        return try #require(response.data["id"]?.stringValue)
    }

    private func lines(_ response: RawResponse) throws -> [JSONValue] {
        try response.text.components(by: "\n").dropLast().map { try JSONValue(parsing: Array($0.utf8)) }
    }

    @Test(arguments: [("test/echo", 10), ("test/fail", 11), ("test/paint", 10)] as [(String, Int64)])
    func `a stream is chunked lines of JSON that end with the whole end`(app: String, status: Int64) async throws {
        try await withTestServer { server in
            let id = try await start(app, on: server)
            let response = try await server.ask("GET", "/tasks/\(id)/stream", headers: ndjson)
            #expect(response.status == 200)
            #expect(response.header("Content-Type") == "application/x-ndjson")
            #expect(response.header("Transfer-Encoding") == "chunked")
            #expect(!response.hasHeader("Content-Length"))
            #expect(response.header("Cache-Control") == "no-store")
            for chunk in response.chunks {
                #expect(chunk.last == UInt8(ascii: "\n"))
                #expect(chunk.count { $0 == UInt8(ascii: "\n") } == 1)
            }
            let lines = try lines(response)
            #expect(lines.allSatisfy { $0.objectValue != nil })
            let last = try #require(lines.last)
            #expect(last["id"] == .string(id))
            #expect(last["status"] == .integer(status))
            #expect(last["input"] == [:])
            #expect(last["created_at"] != nil)
            #expect(last["session_id"] == .some(nil))
            #expect(last["output"]?["output_meta"] == nil)
            #expect(lines.dropLast().allSatisfy { ($0["status"]?.integerValue ?? 0) < 10 })
        }
    }

    @Test func `a stream opened after the end gives the end and closes`() async throws {
        try await withTestServer { server in
            let id = try await start("test/echo", on: server)
            try await eventually("it has ended") {
                try await server.ask("GET", "/tasks/\(id)").data["status"] == 10
            }
            for _ in 0..<2 {
                let response = try await server.ask("GET", "/tasks/\(id)/stream", headers: ndjson)
                #expect(try lines(response).map { $0["status"] } == [10])
            }
        }
    }

    @Test func `the state comes at once though nothing happens and the end when it is there`() async throws {
        try await withTestServer { server in
            let id = try await start("test/wait", on: server)
            let client = try await server.connect()
            try await client.send(server.head("GET", "/tasks/\(id)/stream", headers: ndjson))
            try await client.wait(forBytes: 1000)
            #expect(String(decoding: client.waiting, as: UTF8.self).contains(id))
            _ = try await server.ask("POST", "/tasks/\(id)/cancel")
            let response = try await client.response()
            let states = try lines(response).compactMap { $0["status"]?.integerValue }
            #expect(states.last == 12)
            #expect(Set(states).isSubset(of: [2, 3, 4, 7, 8, 12]))
            // The connection goes on.
            try await client.send(server.head("GET", "/health"))
            #expect(try await client.response().status == 200)
        }
    }

    @Test func `a quiet stream beats`() async throws {
        try await withTestServer(limits: { $0.heartbeatInterval = 1 }) { server in
            let id = try await start("test/wait", on: server)
            let client = try await server.connect()
            try await client.send(server.head("GET", "/tasks/\(id)/stream", headers: ndjson))
            try await eventually("a heartbeat came") {
                String(decoding: client.waiting, as: UTF8.self).contains("{\"type\":\"heartbeat\"}\n")
            }
            _ = try await server.ask("POST", "/tasks/\(id)/cancel")
            #expect(try lines(try await client.response()).last?["status"] == 12)
        }
    }

    @Test func `who asks for events gets events`() async throws {
        try await withTestServer { server in
            let id = try await start("test/echo", on: server)
            let response = try await server.ask(
                "GET", "/tasks/\(id)/stream", headers: [("Accept", "text/event-stream")])
            #expect(response.header("Content-Type") == "text/event-stream")
            #expect(response.header("Transfer-Encoding") == "chunked")
            let frames = response.text.components(by: "\n\n")
            #expect(frames.last == "")
            for frame in frames.dropLast() {
                let fields = frame.components(by: "\n")
                #expect(fields.first == "event: update")
                #expect(fields.count == 2)
                #expect(fields.last?.hasPrefix("data: {") == true)
            }
            let data = try #require(frames.dropLast().last?.components(by: "\n").last?.dropFirst(6))
            #expect(try JSONValue(parsing: Array(data.utf8))["status"] == 10)
        }
    }

    @Test func `a stream that cannot be is a problem and no stream`() async throws {
        try await withTestServer { server in
            let response = try await server.ask("GET", "/tasks/\(Identifier.random())/stream", headers: ndjson)
            #expect(response.status == 404)
            #expect(response.header("Content-Type") == "application/problem+json")
            #expect(response.json["status"] == 404)
            #expect(try await server.ask("GET", "/tasks/x/stream", key: nil, headers: ndjson).status == 401)
        }
    }

    @Test func `many can watch one task`() async throws {
        try await withTestServer { server in
            let id = try await start("test/wait", on: server)
            let ends = try await withThrowingTaskGroup { group in
                for _ in 0..<20 {
                    group.addTask {
                        let response = try await server.ask("GET", "/tasks/\(id)/stream", headers: ndjson)
                        return try lines(response).last?["status"]
                    }
                }
                try await eventually("all watch") { server.activity.requestsUnderWay >= 20 }
                _ = try await server.ask("POST", "/tasks/\(id)/cancel")
                return try await group.reduce(into: [JSONValue?]()) { $0.append($1) }
            }
            #expect(ends == Array(repeating: 12, count: 20))
        }
    }
}
