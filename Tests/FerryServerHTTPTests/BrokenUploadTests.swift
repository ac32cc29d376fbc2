// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryTesting
import FerryWire
import Testing

@testable import FerryServerHTTP

@Suite(.timeLimit(.minutes(2)))
struct BrokenUploadTests {
    /// How a client goes away.
    enum Going: CaseIterable {
        case halfClose, close
    }

    /// Heads and parts of bodies that never come to their end.
    private static let truncated: [([(String, String)], String)] = [
        ([("Content-Length", "10")], ""), ([("Content-Length", "10")], "hello"),
        ([("Content-Length", "10")], "hello wor"), ([("Transfer-Encoding", "chunked")], ""),
        ([("Transfer-Encoding", "chunked")], "5\r\nhello\r\n"), ([("Transfer-Encoding", "chunked")], "5\r\nhel"),
        ([("Transfer-Encoding", "chunked")], "5\r\nhello\r\n0\r\n"), ([("Transfer-Encoding", "chunked")], "5"),
        ([("Transfer-Encoding", "chunked")], "FFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n"),
    ]

    @Test(arguments: Going.allCases)
    func `a body that ends too early leaves the record pending and no bytes`(going: Going) async throws {
        try await withTestServer { server in
            for (headers, body) in Self.truncated {
                let record = try await server.makeRecord()
                let client = try await server.connect()
                try await client.send(
                    server.head("PUT", try server.target(record.uploadURL), key: nil, headers: headers) + body)
                switch going {
                case .close:
                    // The part that came is on its way into the store, or the head at least is read.
                    try await eventually("the upload has begun") { server.activity.idleTime == .zero }
                    await client.close()
                case .halfClose:
                    try await client.finishSending()
                    let answer = try await client.rest()
                    if let (response, _) = RawResponse.parse(answer, toHead: false, hasEnded: true) {
                        #expect(response.status == 400)
                        #expect(response.code == "incomplete_body" || response.body.isEmpty)
                    }
                }
                try await eventually("the server is done") { server.activity.idleTime > .zero }
                #expect(try await server.isUntouched(record), "\(headers) \(body)")
                // The link still works.
                let again = try await server.ask("PUT", server.target(record.uploadURL), key: nil, body: "hello")
                #expect(again.status == 200)
                _ = try await server.ask("DELETE", "/files/\(record.id)")
                #expect(server.blobs.size == 0)
            }
        }
    }

    @Test func `a body whose frames are broken leaves the record pending and no bytes`() async throws {
        try await withTestServer { server in
            for body in [
                "FFFFFFFFFFFFFFFFF\r\nhello", "5\nhello\n0\n\n", "-5\r\nhello",
                "0x5\r\nhello\r\n0\r\n\r\n", "5\r\nhelloworld\r\n0\r\n\r\n", "hello\r\n\r\n",
                " 5\r\nhello\r\n0\r\n\r\n", "FFFFFFFFFFFFFFFF\r\nhello", "5;ext\r\nhello\r\n0\r\n\r\n",
                "5 \r\nhello\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "\r\nhello", "5;",
                "5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n", "5\r\nhello\r\n0\r\n folded\r\n\r\n",
            ] {
                let record = try await server.makeRecord()
                let client = try await server.connect()
                try await client.send(
                    server.head(
                        "PUT", try server.target(record.uploadURL), key: nil,
                        headers: [("Transfer-Encoding", "chunked")]) + body)
                let response = try await client.response()
                #expect(response.status == 400, "\(body)")
                #expect(response.header("Connection") == "close")
                #expect(try await client.rest().isEmpty)
                try await eventually("nothing is left") { try await server.isUntouched(record) }
            }
        }
    }

    @Test func `a request behind a refused upload is not executed`() async throws {
        try await withTestServer { server in
            let record = try await server.makeRecord()
            let smuggled = server.head("POST", "/files", headers: [("Content-Length", "16")]) + "{\"files\":[{},{}]}"
            let target = try server.target(record.uploadURL) + "0"
            // As the body that was announced, and behind a body too long to be read at once.
            let long = String(repeating: "x", count: 8 << 20)
            for (length, body) in [(smuggled.utf8.count * 2, smuggled), (long.utf8.count, long + smuggled)] {
                let client = try await server.connect()
                try await client.send(
                    server.head("PUT", target, key: nil, headers: [("Content-Length", "\(length)")]))
                let sender = Task { try await client.send(body) }
                let response = try await client.response()
                #expect(response.status == 403)
                #expect(response.header("Connection") == "close")
                #expect(try await client.rest().isEmpty)
                _ = await sender.result
            }
            #expect(try await server.ask("POST", "/files/list").data["items"]?.arrayValue?.count == 1)
        }
    }

    @Test func `a request behind a whole upload that is refused is not executed`() async throws {
        try await withTestServer { server in
            let record = try await server.makeRecord()
            let target = try server.target(record.uploadURL) + "0"
            let smuggled = server.head("POST", "/files", headers: [("Content-Length", "16")]) + "{\"files\":[{},{}]}"
            for _ in 0..<50 {
                let client = try await server.connect()
                try await client.send(
                    server.head("PUT", target, key: nil, headers: [("Content-Length", "5")]) + "hello" + smuggled)
                let response = try await client.response()
                #expect(response.status == 403)
                #expect(response.header("Connection") == "close")
                #expect(try await client.rest().isEmpty)
                await client.close()
            }
            #expect(try await server.ask("POST", "/files/list").data["items"]?.arrayValue?.count == 1)
        }
    }

    @Test func `requests one behind the other are all answered in order`() async throws {
        try await withTestServer { server in
            let record = try await server.makeRecord()
            let client = try await server.connect()
            try await client.send(
                server.head("PUT", try server.target(record.uploadURL), key: nil, headers: [("Content-Length", "5")])
                    + "hello" + server.head("GET", "/files/\(record.id)") + server.head("GET", "/nowhere")
                    + server.head("GET", "/health"))
            #expect(try await client.response().status == 200)
            #expect(try await client.response().data["size"] == 5)
            #expect(try await client.response().status == 404)
            let last = try await client.response()
            #expect(last.status == 200)
            #expect(!last.hasHeader("Connection"))
        }
    }

    @Test func `the beginning of the next request does not spoil an upload`() async throws {
        try await withTestServer { server in
            for _ in 0..<20 {
                let (one, two) = (try await server.makeRecord(), try await server.makeRecord())
                let client = try await server.connect()
                try await client.send(
                    server.head("PUT", try server.target(one.uploadURL), key: nil, headers: [("Content-Length", "5")])
                        + "hello"
                        + server.head(
                            "PUT", try server.target(two.uploadURL), key: nil, headers: [("Content-Length", "5")])
                        + "wor")
                let first = try await client.response()
                #expect(first.status == 200)
                #expect(!first.hasHeader("Connection"))
                try await client.send("ld")
                #expect(try await client.response().status == 200)
                await client.close()
            }
        }
    }

    @Test func `an interrupted JSON body does nothing`() async throws {
        try await withTestServer { server in
            let client = try await server.connect()
            try await client.send(
                server.head("POST", "/files", headers: [("Content-Length", "100")]) + "{\"files\":[{}]}")
            try await client.finishSending()
            _ = try await client.rest()
            let chunked = try await server.connect()
            try await chunked.send(
                server.head("POST", "/files", headers: [("Transfer-Encoding", "chunked")]) + "e\r\n{\"files\":[{}]}\r\n"
            )
            try await chunked.finishSending()
            _ = try await chunked.rest()
            #expect(try await server.ask("POST", "/files/list").data["items"] == [])
        }
    }
}
