// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryTesting
import FerryWire
import Testing

@testable import FerryServerHTTP

/// Clients that take their time: fault rows 18 to 20 of reliability.md.
@Suite(.timeLimit(.minutes(2)))
struct SlowClientTests {
    @Test func `a client that does not read its answer is cut off and its file closed`() async throws {
        try await withTestServer(connections: { $0.writeTimeout = 300 }) { server in
            let record = try await server.upload(String(repeating: "x", count: 16 << 20))
            let client = try await server.connect()
            try await client.stopReading()
            try await client.send(server.head("GET", try server.target(record.url), key: nil))
            try await eventually("the download has begun") { server.activity.requestsUnderWay == 1 }
            try await eventually("it is given up") { server.activity.requestsUnderWay == 0 }
            #expect(client.waiting.count < 16 << 20)
            #expect(try await server.ask("GET", "/health").status == 200)
        }
    }

    @Test func `a client that reads slowly but steadily gets everything`() async throws {
        try await withTestServer(connections: { $0.writeTimeout = 1000 }) { server in
            let size = 12 << 20
            let record = try await server.upload(String(repeating: "x", count: size))
            let client = try await server.connect()
            try await client.send(server.head("GET", try server.target(record.url), key: nil))
            for part in 1...6 {
                try await client.wait(forBytes: size * part / 8)
                try await client.stopReading()
                let seen = client.waiting.count
                try await client.pause(.milliseconds(200))
                #expect(client.waiting.count - seen <= 1 << 20)
                try await client.resumeReading()
            }
            #expect(try await client.response().body.count == size)
        }
    }

    @Test func `a head that comes too slowly ends the connection`() async throws {
        try await withTestServer(connections: { $0.headTimeout = 300 }) { server in
            let silent = try await server.connect()
            let slow = try await server.connect()
            try await slow.send("GET /health HTTP/1.1\r\n")
            let drip = slow.drip { "X-\($0): y\r\n" }
            #expect(try await server.ask("GET", "/health").status == 200)
            let response = try await slow.response()
            #expect(response.status == 408)
            #expect(response.code == "too_slow")
            #expect(response.header("Connection") == "close")
            drip.cancel()
            _ = await drip.result
            #expect(try await silent.rest().isEmpty)
        }
    }

    @Test func `a connection between two requests may be silent for longer than a head`() async throws {
        try await withTestServer(connections: { $0.headTimeout = 100 }) { server in
            let client = try await server.connect()
            try await client.send(server.head("GET", "/health"))
            #expect(try await client.response().status == 200)
            try await client.pause(.milliseconds(500))
            try await client.send(server.head("GET", "/health"))
            #expect(try await client.response().status == 200)
        }
    }

    @Test(arguments: ["Content-Length: 100000", "Transfer-Encoding: chunked"])
    func `an upload that comes too slowly is refused and leaves nothing`(framing: String) async throws {
        try await withTestServer(connections: { $0.rateWindow = 300 }) { server in
            let record = try await server.makeRecord()
            let client = try await server.connect()
            let parts = framing.split(separator: ": ").map(String.init)
            try await client.send(
                server.head("PUT", try server.target(record.uploadURL), key: nil, headers: [(parts[0], parts[1])]))
            let drip = client.drip { _ in parts[1] == "chunked" ? "1\r\nx\r\n" : "x" }
            let response = try await client.response()
            #expect(response.status == 408)
            #expect(response.code == "too_slow")
            #expect(response.header("Connection") == "close")
            drip.cancel()
            _ = await drip.result
            try await eventually("nothing is left") { try await server.isUntouched(record) }
            try await eventually("its place is free") { server.activity.requestsUnderWay == 0 }
            let again = try await server.ask("PUT", server.target(record.uploadURL), key: nil, body: "hello")
            #expect(again.status == 200)
        }
    }

    @Test func `a JSON body that comes too slowly is refused`() async throws {
        try await withTestServer(connections: { $0.rateWindow = 200 }) { server in
            let client = try await server.connect()
            try await client.send(server.head("POST", "/files", headers: [("Content-Length", "100")]) + "{")
            let response = try await client.response()
            #expect(response.status == 408)
            #expect(response.code == "too_slow")
        }
    }

    @Test func `more connections than there is room for are told to come back`() async throws {
        try await withTestServer(connections: {
            $0.maximumConnections = 3
            $0.maximumRefusals = 5
        }) { server in
            var served: [RawClient] = []
            for _ in 0..<3 {
                let client = try await server.connect()
                try await client.send(server.head("GET", "/health"))
                #expect(try await client.response().status == 200)
                served.append(client)
            }
            for _ in 0..<5 {
                let client = try await server.connect()
                try await client.send(server.head("GET", "/health"))
                let response = try await client.response()
                #expect(response.status == 503)
                #expect(response.header("Retry-After") == "1")
                #expect(response.header("Connection") == "close")
                #expect(response.code == "unavailable")
                #expect(try await client.rest().isEmpty)
                await client.close()
                // Its place among those that are told is given back when the server has noticed.
                try await client.pause(.milliseconds(5))
            }
            for client in served {
                try await client.send(server.head("GET", "/health"))
                #expect(try await client.response().status == 200)
            }
            await served[0].close()
            try await eventually("there is room again") { try await server.ask("GET", "/health").status == 200 }
        }
    }
}
