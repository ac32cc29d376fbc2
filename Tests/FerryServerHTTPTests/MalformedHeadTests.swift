// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@testable import FerryServerHTTP

@Suite(.timeLimit(.minutes(2)))
struct MalformedHeadTests {
    /// Heads of `POST /files` that must be refused; `|` stands for a line end.
    private static let heads = [
        // Lengths that are none, or two.
        "Content-Length: +5|", "Content-Length: 5, 5|", "Content-Length: 0x5|", "Content-Length: -1|",
        "Content-Length:  |", "Content-Length: 5a|", "Content-Length: 1e1|", "Content-Length: 99999999999999999999|",
        "Content-Length: 5|Content-Length: 6|", "Content-Length: 14|Content-Length: 14|",
        // Two ways to tell the end.
        "Content-Length: 14|Transfer-Encoding: chunked|", "Transfer-Encoding: chunked|Content-Length: 14|",
        // Encodings nobody knows the end of.
        "Transfer-Encoding: xchunked|", "Transfer-Encoding: chunked, identity|", "Transfer-Encoding: \u{b}chunked|",
        "Transfer-Encoding: gzip, chunked|", "Transfer-Encoding: chunked|Transfer-Encoding: chunked|",
        "Transfer-Encoding:|", "Transfer-Encoding: chunked;q=1|", "Transfer-Encoding: identity|",
        "Transfer-Encoding: gzip|", "Transfer-Encoding: chunked, gzip|",
        // Headers that two readers would read differently.
        "X-Folded: a| b|Content-Length: 14|", "X-Space : a|Content-Length: 14|", ": empty|Content-Length: 14|",
        "No-Colon|Content-Length: 14|", " Content-Length: 14|", "X-Null: a\u{0}b|Content-Length: 14|",
        "X-Bare: a\rb|Content-Length: 14|", "X-Folded: a|\tb|Content-Length: 14|", "X-Tab\t: a|Content-Length: 14|",
        "X-Del: a\u{7F}|Content-Length: 14|", "Host: other.example|Content-Length: 14|",
    ]

    private func expectRefusal(_ request: String, from server: TestServer) async throws {
        let client = try await server.connect()
        try await client.send(request)
        let response = try await client.response()
        #expect((400..<500).contains(response.status), "\(request) gave \(response.status)")
        #expect(response.status == 400 || response.status == 431, "\(request) gave \(response.status)")
        #expect(response.header("Connection") == "close", "\(request)")
        #expect(try await client.rest().isEmpty, "\(request)")
    }

    @Test(arguments: heads)
    func `an ambiguous head is refused and the connection closed`(head: String) async throws {
        try await withTestServer { server in
            let lines = head.replacing("|", with: "\r\n")
            try await expectRefusal(
                "POST /files HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n"
                    + "Authorization: Bearer \(TestServer.rootKey)\r\n\(lines)\r\n{\"files\":[{}]}", from: server)
            #expect(try await server.ask("POST", "/files/list").data["items"] == [])
        }
    }

    @Test(arguments: [
        "GET /health HTTP/1.1\r\n\r\n", "GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "GET /health HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET /health HTTP/1.1\nHost: a\n\n", "GET /health HTTP/1.1\r\nHost: a\n\r\n",
        "GET  /health HTTP/1.1\r\nHost: a\r\n\r\n", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\n\r\n\r\n\r\n\r\nGET /health HTTP/1.1\r\nHost: a\r\n\r\n", "GET /health HTTP/9.9\r\nHost: a\r\n\r\n",
        "GET/health HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /health\u{b}HTTP/1.1\r\nHost: a\r\n\r\n", "nonsense\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}",
    ])
    func `what is no request is refused and the connection closed`(request: String) async throws {
        try await withTestServer { server in try await expectRefusal(request, from: server) }
    }

    @Test func `headers without measure are refused`() async throws {
        try await withTestServer { server in
            let long = String(repeating: "x", count: 100_000)
            try await expectRefusal("GET /health HTTP/1.1\r\nHost: a\r\nX-Long: \(long)\r\n\r\n", from: server)
            let some = (0..<255).map { "X-\($0): y\r\n" }.joined()
            let client = try await server.connect()
            try await client.send("GET /health HTTP/1.1\r\nHost: a\r\n\(some)\r\n")
            #expect(try await client.response().status == 200)
            try await expectRefusal("GET /health HTTP/1.1\r\nHost: a\r\nX: y\r\n\(some)\r\n", from: server)
            let endless = (0..<255).map { "X-\($0): \(String(repeating: "y", count: 8000))\r\n" }.joined()
            try await expectRefusal("GET /health HTTP/1.1\r\nHost: a\r\n\(endless)\r\n", from: server)
        }
    }

    @Test func `a refusal says what is wrong`() async throws {
        try await withTestServer { server in
            let client = try await server.connect()
            try await client.send("GET /health HTTP/1.1\r\nHost: a\r\nX-Space : b\r\n\r\n")
            let response = try await client.response()
            #expect(response.code == "invalid_request")
            #expect(response.header("Content-Type") == "application/problem+json")
            #expect(response.json["detail"]?.stringValue?.contains("colon") == true)
        }
    }

    @Test func `what comes before a malformed request is answered and what comes behind is not`() async throws {
        try await withTestServer { server in
            let client = try await server.connect()
            let good = server.head("GET", "/health", key: nil)
            try await client.send(good + good + "GET /health HTTP/1.1\nHost: a\n\n" + good)
            #expect(try await client.response().status == 200)
            #expect(try await client.response().status == 200)
            #expect(try await client.response().status == 400)
            #expect(try await client.rest().isEmpty)
        }
    }

    @Test func `a head that comes a byte at a time is read`() async throws {
        try await withTestServer { server in
            let client = try await server.connect()
            for byte in server.head("GET", "/health", key: nil).utf8 { try await client.send([byte]) }
            #expect(try await client.response().status == 200)
        }
    }
}
