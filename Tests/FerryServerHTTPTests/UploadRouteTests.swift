// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryTesting
import FerryWire
import Testing

@testable import FerryServerHTTP

@Suite(.timeLimit(.minutes(2)))
struct UploadRouteTests {
    @Test func `a file goes up and comes down`() async throws {
        try await withTestServer { server in
            let record = try await server.makeRecord(
                ["filename": "a.txt", "content_type": "text/plain", "size": 5, "public": nil, "uri": ""])
            #expect(record.uploadURL.hasPrefix(server.base + "/uploads/"))
            let put = try await server.ask("PUT", server.target(record.uploadURL), key: nil, body: "hello")
            #expect(put.status == 200)
            #expect(put.header("ETag") == "\"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\"")
            #expect(put.header("Repr-Digest") == "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:")
            #expect(put.data["sha256"] == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
            let get = try await server.ask("GET", server.target(record.url), key: nil)
            #expect(get.status == 200)
            #expect(get.text == "hello")
        }
    }

    @Test func `bytes may come without any header but their length, or in chunks`() async throws {
        try await withTestServer { server in
            for (headers, body) in [
                ([("Content-Length", "0")], ""), ([("Content-Length", "1"), ("Content-Type", "")], "x"),
                ([("Transfer-Encoding", "chunked")], "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
                ([("Transfer-Encoding", "chunked")], "0\r\n\r\n"),
            ] {
                let record = try await server.makeRecord()
                let response = try await server.ask(
                    "PUT", server.target(record.uploadURL), key: nil, headers: headers, body: nil, raw: body)
                #expect(response.status == 200, "\(headers)")
                #expect(try await server.files.file(id: record.id)?.isReady == true)
            }
        }
    }

    @Test func `who expects to be told goes on is told once the link is found good`() async throws {
        try await withTestServer { server in
            let record = try await server.makeRecord()
            let client = try await server.connect()
            try await client.send(
                server.head(
                    "PUT", try server.target(record.uploadURL), key: nil,
                    headers: [("Content-Length", "5"), ("Expect", "100-continue")]))
            #expect(try await client.response().status == 100)
            #expect(client.waiting.isEmpty)
            try await client.send("hello")
            let response = try await client.response()
            #expect(response.status == 200)
            #expect(!response.hasHeader("Connection"))
            #expect(try await server.files.file(id: record.id)?.isReady == true)
        }
    }

    @Test func `a wish to be told to go on belongs to its own request`() async throws {
        try await withTestServer { server in
            let (one, two) = (try await server.makeRecord(), try await server.makeRecord())
            let client = try await server.connect()
            try await client.send(
                server.head("PUT", try server.target(one.uploadURL), key: nil, headers: [("Content-Length", "5")])
                    + "hello"
                    + server.head(
                        "PUT", try server.target(two.uploadURL), key: nil,
                        headers: [("Content-Length", "5"), ("Expect", "100-continue")]))
            #expect(try await client.response().status == 200)
            #expect(try await client.response().status == 100)
            try await client.send("world" + server.head("GET", "/health"))
            #expect(try await client.response().status == 200)
            #expect(try await client.response().status == 200)
        }
    }

    @Test func `bytes that say they are compressed are stored as they are`() async throws {
        try await withTestServer { server in
            let record = try await server.makeRecord()
            let put = try await server.ask(
                "PUT", server.target(record.uploadURL), key: nil, headers: [("Content-Encoding", "gzip")],
                body: "\u{1F}not gzip")
            #expect(put.status == 200)
            let get = try await server.ask("GET", server.target(record.url), key: nil)
            #expect(get.text == "\u{1F}not gzip")
            #expect(!get.hasHeader("Content-Encoding"))
        }
    }

    @Test func `who does not expect it is not told to go on`() async throws {
        try await withTestServer { server in
            let record = try await server.makeRecord()
            let client = try await server.connect()
            try await client.send(
                server.head("PUT", try server.target(record.uploadURL), key: nil, headers: [("Content-Length", "5")]))
            try await client.send("hello")
            #expect(try await client.response().status == 200)
        }
    }

    @Test func `a bad request is refused before its body is sent`() async throws {
        try await withTestServer { server in
            let record = try await server.makeRecord(["size": 5])
            let good = try server.target(record.uploadURL)
            let cases: [(String, String, [(String, String)], Int, String)] = [
                ("PUT", good + "0", [("Content-Length", "5")], 403, "signature_invalid"),
                ("PUT", String(good.prefix { $0 != "?" }), [("Content-Length", "5")], 403, "signature_invalid"),
                ("PUT", good, [("Content-Length", "6")], 413, "payload_too_large"),
                ("PUT", good, [("Content-Length", "4")], 400, "size_mismatch"),
                ("PUT", good, [("Content-Length", "5"), ("Content-Digest", "sha-256=x")], 400, "invalid_request"),
                ("PUT", good, [("Content-Length", "5"), ("Content-Digest", "sha-256")], 400, "invalid_request"),
                ("POST", "/files", [("Content-Length", "5")], 401, "unauthorized"),
                ("POST", "/nowhere", [("Content-Length", "5")], 404, "not_found"),
            ]
            for (method, target, headers, status, code) in cases {
                let client = try await server.connect()
                try await client.send(
                    server.head(method, target, key: nil, headers: headers + [("Expect", "100-continue")]))
                let response = try await client.response()
                #expect(response.status == status, "\(method) \(target)")
                #expect(response.code == code)
                #expect(response.header("Connection") == "close")
                #expect(response.header("Content-Type") == "application/problem+json")
            }
            #expect(try await server.isUntouched(record))
            let client = try await server.connect()
            let length = ("Content-Length", "\(server.services.limits.maximumRequestBody + 1)")
            try await client.send(server.head("POST", "/files", headers: [length, ("Expect", "100-continue")]))
            #expect(try await client.response().status == 413)
        }
    }

    @Test(arguments: ["chunked", "length"])
    func `a refusal can be read while sixty-four megabytes are still being sent`(framing: String) async throws {
        try await withTestServer { server in
            let record = try await server.makeRecord()
            let client = try await server.connect()
            let size = 64 << 20
            let headers =
                framing == "chunked" ? [("Transfer-Encoding", "chunked")] : [("Content-Length", "\(size)")]
            try await client.send(
                server.head("PUT", try server.target(record.uploadURL) + "0", key: nil, headers: headers))
            let piece = Array(repeating: UInt8(ascii: "x"), count: 1 << 20)
            let sender = Task {
                for _ in 0..<64 {
                    if framing == "chunked" { try await client.send("100000\r\n") }
                    try await client.send(piece)
                    if framing == "chunked" { try await client.send("\r\n") }
                }
            }
            let response = try await client.response()
            #expect(response.status == 403)
            #expect(response.header("Connection") == "close")
            #expect(try await client.rest().isEmpty)
            await client.close()
            _ = await sender.result
            #expect(try await server.isUntouched(record))
        }
    }

    @Test func `a body past the limit is cut off and stored nowhere`() async throws {
        try await withTestServer(limits: { $0.maximumFileSize = 1 << 20 }) { server in
            let record = try await server.makeRecord()
            let client = try await server.connect()
            try await client.send(
                server.head(
                    "PUT", try server.target(record.uploadURL), key: nil, headers: [("Transfer-Encoding", "chunked")]))
            let piece = Array(repeating: UInt8(ascii: "x"), count: 1 << 20)
            let sender = Task {
                for _ in 0..<32 {
                    try await client.send("100000\r\n")
                    try await client.send(piece)
                    try await client.send("\r\n")
                }
            }
            let response = try await client.response()
            #expect(response.status == 413)
            #expect(response.code == "payload_too_large")
            #expect(response.header("Connection") == "close")
            await client.close()
            _ = await sender.result
            try await eventually("nothing is left") { try await server.isUntouched(record) }
        }
    }

    @Test func `a wrong digest is refused and the right one works`() async throws {
        try await withTestServer { server in
            let record = try await server.makeRecord()
            let target = try server.target(record.uploadURL)
            let wrong = "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:"
            let right = "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:"
            for header in ["Content-Digest", "Repr-Digest"] {
                let response = try await server.ask("PUT", target, key: nil, headers: [(header, wrong)], body: "hello")
                #expect(response.status == 400)
                #expect(response.code == "digest_mismatch")
                #expect(try await server.isUntouched(record))
            }
            let response = try await server.ask(
                "PUT", target, key: nil, headers: [("Repr-Digest", right)], body: "hello")
            #expect(response.status == 200)
        }
    }

    @Test func `the same bytes again are fine and others are a conflict`() async throws {
        try await withTestServer { server in
            let record = try await server.makeRecord()
            let target = try server.target(record.uploadURL)
            let first = try await server.ask("PUT", target, key: nil, body: "hello")
            let again = try await server.ask("PUT", target, key: nil, body: "hello")
            #expect(first.status == 200)
            #expect(again.status == 200)
            #expect(again.header("ETag") == first.header("ETag"))
            let other = try await server.ask("PUT", target, key: nil, body: "world")
            #expect(other.status == 409)
            #expect(server.blobs.size == 5)
        }
    }

    @Test func `fifty uploads at once all arrive whole`() async throws {
        try await withTestServer { server in
            let results = try await withThrowingTaskGroup { group in
                for number in 0..<50 {
                    group.addTask {
                        let text = String(repeating: "file \(number) ", count: number * 1000)
                        let record = try await server.upload(text, ["filename": .string("\(number).txt")])
                        let get = try await server.ask("GET", server.target(record.url), key: nil)
                        return get.text == text && record.size == Int64(text.utf8.count)
                    }
                }
                return try await group.reduce(into: [Bool]()) { $0.append($1) }
            }
            #expect(results.count == 50)
            #expect(results.allSatisfy { $0 })
        }
    }
}
