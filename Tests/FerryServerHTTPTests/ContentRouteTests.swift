// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryTesting
import FerryWire
import Testing

@testable import FerryServerHTTP

@Suite(.timeLimit(.minutes(2)))
struct ContentRouteTests {
    @Test func `content comes with all that tells what it is`() async throws {
        try await withTestServer { server in
            let record = try await server.upload("0123456789", ["filename": "a b.txt", "content_type": "text/plain"])
            let response = try await server.ask("GET", server.target(record.url), key: nil)
            let tag = "\"84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882\""
            #expect(response.status == 200)
            #expect(response.text == "0123456789")
            #expect(response.header("Content-Type") == "text/plain")
            #expect(response.header("Content-Length") == "10")
            #expect(response.header("ETag") == tag)
            #expect(response.header("Accept-Ranges") == "bytes")
            #expect(response.header("Content-Disposition") == "inline; filename=\"a b.txt\"")
            #expect(response.header("Cache-Control")?.hasPrefix("private") == true)
            #expect(response.header("X-Content-Type-Options") == "nosniff")
            #expect(response.header("Content-Security-Policy") == "default-src 'none'; sandbox")
            #expect(response.header("Repr-Digest")?.hasPrefix("sha-256=:") == true)
            #expect(HTTPDate.parse(response.header("Last-Modified") ?? "") != nil)
            #expect(!response.hasHeader("Set-Cookie"))
        }
    }

    @Test func `HEAD gives the headers of GET and no body`() async throws {
        try await withTestServer { server in
            let record = try await server.upload("0123456789")
            let get = try await server.ask("GET", server.target(record.url), key: nil)
            let client = try await server.connect()
            let target = try server.target(record.url)
            for headers in [[], [("Range", "bytes=0-3")]] {
                try await client.send(server.head("HEAD", target, key: nil, headers: headers))
                let head = try await client.response(toHead: true)
                #expect(head.status == 200)
                for name in get.headers.map(\.name) where name.lowercased() != "date" {
                    #expect(head.header(name) == get.header(name), "\(name)")
                }
            }
            // Nothing came behind the heads: the connection is still in step.
            try await client.send(server.head("GET", target, key: nil))
            #expect(try await client.response().text == "0123456789")
        }
    }

    @Test func `a refused HEAD has no body either`() async throws {
        try await withTestServer { server in
            let record = try await server.upload("hello")
            let client = try await server.connect()
            for target in [try server.target(record.url) + "0", "/nowhere", "/files"] {
                try await client.send(server.head("HEAD", target, key: nil))
                #expect(try await client.response(toHead: true).status >= 400)
            }
            try await client.send(server.head("GET", "/health", key: nil))
            #expect(try await client.response().json["status"] == "ok")
        }
    }

    @Test(
        arguments: [
            ("bytes=0-0", 206, "0", "bytes 0-0/10"), ("bytes=-1", 206, "9", "bytes 9-9/10"),
            ("bytes=5-", 206, "56789", "bytes 5-9/10"), ("bytes=2-4", 206, "234", "bytes 2-4/10"),
            ("bytes=0-99999999999999999999", 206, "0123456789", "bytes 0-9/10"), ("bytes=9-5", 200, "0123456789", nil),
            ("bytes=a-b", 200, "0123456789", nil), ("items=0-1", 200, "0123456789", nil),
            ("bytes=", 200, "0123456789", nil),
            ("bytes=0-1,3-4", 200, "0123456789", nil), ("bytes=10-", 416, "", "bytes */10"),
            ("bytes=999999-", 416, "", "bytes */10"), ("bytes=-0", 416, "", "bytes */10"),
        ] as [(String, Int, String, String?)])
    func `a range gives those bytes`(range: String, status: Int, text: String, content: String?) async throws {
        try await withTestServer { server in
            let record = try await server.upload("0123456789")
            let response = try await server.ask("GET", server.target(record.url), key: nil, headers: [("Range", range)])
            #expect(response.status == status)
            #expect(response.text == text)
            #expect(response.header("Content-Range") == content)
            #expect(response.header("Content-Length") == "\(text.utf8.count)")
        }
    }

    @Test func `an empty file is served and no range of it`() async throws {
        try await withTestServer { server in
            let record = try await server.upload("")
            let whole = try await server.ask("GET", server.target(record.url), key: nil)
            #expect(whole.status == 200)
            #expect(whole.header("Content-Length") == "0")
            let part = try await server.ask(
                "GET", server.target(record.url), key: nil, headers: [("Range", "bytes=0-")])
            #expect(part.status == 416)
            #expect(part.header("Content-Range") == "bytes */0")
        }
    }

    @Test func `a large file comes whole and in every part`() async throws {
        try await withTestServer { server in
            let text = String(repeating: "0123456789", count: 200_000)
            let record = try await server.upload(text)
            let target = try server.target(record.url)
            #expect(try await server.ask("GET", target, key: nil).text == text)
            let part = try await server.ask("GET", target, key: nil, headers: [("Range", "bytes=262140-1000009")])
            #expect(part.body == Array(Array(text.utf8)[262_140...1_000_009]))
        }
    }

    @Test func `conditions are kept`() async throws {
        try await withTestServer { server in
            let record = try await server.upload("0123456789")
            let target = try server.target(record.url)
            let first = try await server.ask("GET", target, key: nil)
            let tag = try #require(first.header("ETag"))
            let date = try #require(first.header("Last-Modified"))
            func status(_ headers: [(String, String)]) async throws -> Int {
                let response = try await server.ask("GET", target, key: nil, headers: headers)
                if response.status == 304 || response.status == 412 { #expect(response.body.isEmpty) }
                return response.status
            }
            #expect(try await status([("If-None-Match", tag)]) == 304)
            #expect(try await status([("If-None-Match", "W/\(tag)")]) == 304)
            #expect(try await status([("If-None-Match", "\"x\"")]) == 200)
            #expect(try await status([("If-Modified-Since", date)]) == 304)
            #expect(try await status([("If-Match", "\"x\"")]) == 412)
            #expect(try await status([("If-Match", tag)]) == 200)
            #expect(try await status([("Range", "bytes=0-1"), ("If-Range", tag)]) == 206)
            #expect(try await status([("Range", "bytes=0-1"), ("If-Range", "W/\(tag)")]) == 200)
            #expect(try await status([("Range", "bytes=0-1"), ("If-Range", date)]) == 200)
            #expect(try await status([("Range", "bytes=0-1"), ("If-Range", "\"old\"")]) == 200)
        }
    }

    @Test(arguments: [
        ("text/html", "text/html"), ("image/svg+xml", "image/svg+xml"), ("text/xml", "text/xml"),
        ("text/html;charset=utf-7", "text/html"), ("application/xhtml+xml", "application/xhtml+xml"),
        ("text/javascript", "text/javascript"), ("application/pdf", "application/pdf"),
    ])
    func `what a browser could run is an attachment in a sandbox`(type: String, shown: String) async throws {
        try await withTestServer { server in
            let record = try await server.upload(
                "<script>alert(1)</script>", ["filename": "x.html", "content_type": .string(type), "public": true])
            let response = try await server.ask("GET", server.target(record.url), key: nil)
            #expect(response.header("Content-Type") == shown)
            #expect(response.header("Content-Disposition")?.hasPrefix("attachment") == true)
            #expect(response.header("X-Content-Type-Options") == "nosniff")
            #expect(response.header("Content-Security-Policy")?.contains("sandbox") == true)
            #expect(response.header("Cache-Control")?.hasPrefix("public") == true)
        }
    }

    @Test func `names and types never break out of their headers`() async throws {
        try await withTestServer { server in
            let record = try await server.upload(
                "x", ["filename": "a\";b=\\ é€.txt", "content_type": "a/b, X-Evil: y"])
            let response = try await server.ask("GET", server.target(record.url), key: nil)
            #expect(response.status == 200)
            #expect(!response.hasHeader("X-Evil"))
            let disposition = try #require(response.header("Content-Disposition"))
            #expect(disposition.utf8.allSatisfy { (0x20..<0x7F).contains($0) })
            #expect(ContentDisposition.filename(in: disposition) == "a\";b=\\ é€.txt")
        }
    }

    @Test func `a link works for its own use and path alone`() async throws {
        let clock = TurnableClock()
        try await withTestServer(clock: clock.serverClock) { server in
            let record = try await server.upload("hello")
            let target = try server.target(record.url)
            let path = String(target.prefix { $0 != "?" })
            let query = String(target.drop { $0 != "?" })
            #expect(try await server.ask("GET", path).status == 403)
            #expect(try await server.ask("GET", target + "0", key: nil).status == 403)
            #expect(try await server.ask("GET", target + "&" + query.dropFirst(), key: nil).status == 403)
            #expect(try await server.ask("PUT", target, key: nil, body: "x").status == 405)
            #expect(try await server.ask("DELETE", target, key: nil).status == 405)
            for other in ["/\(path)", "\(path)/", "\(path);x", "/v1\(path)", path.replacing("a.txt", with: "%61.txt")] {
                let status = try await server.ask("GET", other + query, key: nil).status
                #expect(status == 403 || status == 404, "\(other)")
            }
            let upload = try await server.makeRecord()
            let uploadQuery = try server.target(upload.uploadURL).drop { $0 != "?" }
            #expect(try await server.ask("GET", path + uploadQuery, key: nil).status == 403)
            clock.advance(bySeconds: 24 * 3600)
            let expired = try await server.ask("GET", target, key: nil)
            #expect(expired.status == 403)
            #expect(expired.code == "url_expired")
            let fresh = try await server.ask("GET", "/files/\(record.id)")
            let url = try #require(fresh.data["url"]?.stringValue)
            #expect(try await server.ask("GET", server.target(url), key: nil).status == 200)
        }
    }

    @Test func `content whose bytes are lost is a failure of the server`() async throws {
        try await withTestServer { server in
            let record = try await server.upload("hello")
            for key in try await server.blobs.keys(after: nil, limit: 10) { try await server.blobs.remove(key) }
            let response = try await server.ask("GET", server.target(record.url), key: nil)
            #expect(response.status == 500)
            #expect(!response.text.contains(record.id))
        }
    }
}
