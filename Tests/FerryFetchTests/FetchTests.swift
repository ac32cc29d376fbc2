// SPDX-License-Identifier: Apache-2.0

import FerryFetch
import FerryWire
import Foundation
import NIOCore
import Testing

@Suite struct FetchTests {
    private func fetcher(_ server: CountingServer, _ change: (inout FetchPolicy) -> Void = { _ in }) -> GuardedFetcher {
        var policy = FetchPolicy.allowing(["127.0.0.0/8"], ports: [server.port])
        change(&policy)
        return GuardedFetcher(policy: policy)
    }

    @Test func `an answer tells its type, name, length and tag`() async throws {
        let headers =
            "Content-Type: image/png\r\nETag: \"a\"\r\nContent-Disposition: attachment; filename=\"b.png\"\r\n"
        try await CountingServer.with(answer: { _ in .ok("hello", headers) }) { server async throws in
            let answer = try await fetcher(server).get("http://127.0.0.1:\(server.port)/x%20y.jpg?sig=secret")
            #expect(answer.status == 200)
            #expect(answer.contentType == "image/png")
            #expect(answer.filename == "b.png")
            #expect(answer.contentLength == 5)
            #expect(answer.etag == "\"a\"")
            #expect(try await content(answer) == "hello")
            #expect(server.requests.first?.hasPrefix("GET /x%20y.jpg?sig=secret HTTP/1.1\r\n") == true)
        }
        try await CountingServer.with { server async throws in
            let answer = try await fetcher(server).get("http://127.0.0.1:\(server.port)/a/x%20y.jpg?sig=secret")
            #expect(answer.filename == "x y.jpg")
        }
    }

    @Test func `a body that is shorter than announced is an error`() async throws {
        let short = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
        try await CountingServer.with(answer: { _ in .text(short) }) { server async throws in
            let code = await fetchCode {
                _ = try await content(try await fetcher(server).get("http://127.0.0.1:\(server.port)/"))
            }
            #expect(code == .truncated)
        }
    }

    @Test func `a body is never longer than allowed, announced or not`() async throws {
        for head in ["Content-Length: 1000\r\n", ""] {
            let answer = "HTTP/1.1 200 OK\r\n\(head)Connection: close\r\n\r\n" + String(repeating: "x", count: 1000)
            try await CountingServer.with(answer: { _ in .text(answer) }) { server async throws in
                let tight = fetcher(server) { $0.limits.maximumSize = 999 }
                let code = await fetchCode {
                    _ = try await content(try await tight.get("http://127.0.0.1:\(server.port)/"))
                }
                #expect(code == .tooLarge)
                let exact = fetcher(server) { $0.limits.maximumSize = 1000 }
                #expect(try await content(try await exact.get("http://127.0.0.1:\(server.port)/")).utf8.count == 1000)
            }
        }
    }

    @Test func `a body that drips is given up`() async throws {
        let pieces = ["HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"] + [String](repeating: "x", count: 100)
        let drip = CountingServer.Answer(pieces: pieces, pause: .milliseconds(50))
        try await CountingServer.with(answer: { _ in drip }) { server async throws in
            let strict = fetcher(server) { $0.limits.rateWindow = .milliseconds(300) }
            let code = await fetchCode {
                _ = try await content(try await strict.get("http://127.0.0.1:\(server.port)/"))
            }
            #expect(code == .timedOut)
        }
    }

    @Test func `silence ends a download`() async throws {
        let silent = CountingServer.Answer(pieces: ["HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx"], closes: false)
        for answer in [silent, CountingServer.Answer(pieces: [], closes: false)] {
            try await CountingServer.with(answer: { _ in answer }) { server async throws in
                let strict = fetcher(server) { policy in
                    policy.limits.idleTime = .milliseconds(200)
                    policy.limits.connectTime = .milliseconds(300)
                }
                let code = await fetchCode {
                    _ = try await content(try await strict.get("http://127.0.0.1:\(server.port)/"))
                }
                #expect(code == .timedOut)
            }
        }
    }

    @Test func `a waiting download can be cancelled`() async throws {
        let silent = CountingServer.Answer(pieces: ["HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx"], closes: false)
        try await CountingServer.with(answer: { _ in silent }) { server async throws in
            let fetcher = fetcher(server)
            let port = server.port
            let work = Task { try await content(try await fetcher.get("http://127.0.0.1:\(port)/")) }
            while server.requests.isEmpty { await Task.yield() }
            work.cancel()
            await #expect(throws: CancellationError.self) { try await work.value }
        }
    }

    @Test func `headers stay with their origin`() async throws {
        try await CountingServer.with("127.0.0.2") { other async throws in
            let place = "http://127.0.0.2:\(other.port)/"
            try await CountingServer.with(answer: { head in
                head.hasPrefix("GET /away")
                    ? .redirect(302, to: place)
                    : head.hasPrefix("GET /here") ? .redirect(302, to: "there") : .ok("same")
            }) { server async throws in
                let fetcher = GuardedFetcher(policy: .allowing(["127.0.0.0/8"], ports: [server.port, other.port]))
                let base = "http://127.0.0.1:\(server.port)"
                let headers = [("Authorization", "Bearer inf_secret"), ("X-API-Key", "inf_secret")]
                #expect(try await content(try await fetcher.get(base + "/here", headers: headers)) == "same")
                #expect(server.requests.last?.contains("inf_secret") == true)
                #expect(try await content(try await fetcher.get(base + "/away", headers: headers)) == "hello")
                #expect(other.requests.count == 1)
                #expect(other.requests.last?.contains("inf_secret") == false)
                // What says which part is wanted, or in what case, is no secret.
                let wishes = [
                    ("if-none-match", "\"a\""), ("If-Modified-Since", "x"), ("RANGE", "bytes=1-"), ("If-Range", "b"),
                ]
                _ = try await fetcher.get(base + "/away", headers: headers + wishes + [("Cookie", "inf_secret")])
                let asked = try #require(other.requests.last?.lowercased())
                for (name, value) in wishes { #expect(asked.contains("\(name.lowercased()): \(value)\r\n"), "\(name)") }
                #expect(!asked.contains("inf_secret"))
            }
        }
    }

    @Test func `circles and long chains of redirects end`() async throws {
        try await CountingServer.with(answer: { _ in .redirect(302, to: "/") }) { server async throws in
            let code = await fetchCode { _ = try await fetcher(server).get("http://127.0.0.1:\(server.port)/") }
            #expect(code == .redirects)
            #expect(server.count == 1)
        }
        try await CountingServer.with(answer: { head in
            let number = Int(head.dropFirst("GET /".count).prefix { $0.isNumber }) ?? 0
            return number == 6 ? .ok("end") : .redirect(307, to: "/\(number + 1)")
        }) { server async throws in
            let base = "http://127.0.0.1:\(server.port)"
            #expect(await fetchCode { _ = try await fetcher(server).get(base + "/0") } == .redirects)
            #expect(try await content(try await fetcher(server).get(base + "/1")) == "end")
        }
    }

    @Test func `an exempt origin is that origin alone`() async throws {
        try await CountingServer.with { server async throws in
            var policy = FetchPolicy()
            policy.exempt("http://127.0.0.1:\(server.port)")
            let fetcher = GuardedFetcher(policy: policy)
            #expect(try await content(try await fetcher.get("http://127.0.0.1:\(server.port)/a")) == "hello")
            for url in [
                "http://127.0.0.2:\(server.port)/", "https://127.0.0.1:\(server.port)/",
                "http://localhost:\(server.port)/",
                "http://127.0.0.1:\(server.port == 80 ? 81 : server.port - 1)/",
            ] {
                #expect(await fetchCode { _ = try await fetcher.get(url) } == .refused, "\(url)")
            }
            #expect(server.count == 1)
            // Nor does somebody else's redirect lead to it.
            let port = server.port
            try await CountingServer.with("127.0.0.2", answer: { _ in .redirect(302, to: "http://127.0.0.1:\(port)/") })
            {
                other async throws in
                var policy = FetchPolicy.allowing(["127.0.0.2"], ports: [other.port])
                policy.exempt("http://127.0.0.1:\(port)")
                let led = GuardedFetcher(policy: policy)
                #expect(await fetchCode { _ = try await led.get("http://127.0.0.2:\(other.port)/") } == .refused)
                #expect(other.count == 1)
            }
            #expect(server.count == 1)
        }
    }

    @Test func `a stranger does not lead back to an exempt origin`() async throws {
        try await CountingServer.with(
            "127.0.0.2",
            answer: { head in
                // Back to whoever asked, by the name that the query gives.
                .redirect(302, to: String(head.dropFirst("GET /?".count).prefix { $0 != " " }))
            }
        ) { stranger async throws in
            try await CountingServer.with(answer: { head in
                let port = head.split(separator: "Host: 127.0.0.1:").last.map { $0.prefix { $0.isNumber } } ?? ""
                return head.hasPrefix("GET /start")
                    ? .redirect(302, to: "http://127.0.0.2:\(stranger.port)/?http://127.0.0.1:\(port)/secret")
                    : head.hasPrefix("GET /own") ? .redirect(302, to: "/secret") : .ok("secret")
            }) { own async throws in
                var policy = FetchPolicy.allowing(["127.0.0.2"], ports: [stranger.port])
                policy.exempt("http://127.0.0.1:\(own.port)")
                let fetcher = GuardedFetcher(policy: policy)
                let base = "http://127.0.0.1:\(own.port)"
                #expect(await fetchCode { _ = try await fetcher.get(base + "/start") } == .refused)
                #expect(stranger.requests.first?.contains("/secret") == true)
                #expect(own.count == 1)
                #expect(try await content(try await fetcher.get(base + "/own")) == "secret")
            }
        }
    }

    @Test(arguments: ["Content-Encoding: gzip", "content-encoding: identity, br", "Transfer-Encoding: gzip, chunked"])
    func `a file in another coding is refused, not taken for what it is not`(header: String) async throws {
        for status in ["200 OK", "206 Partial"] {
            let answer = "HTTP/1.1 \(status)\r\n\(header)\r\nConnection: close\r\n\r\n0\r\n\r\n"
            try await CountingServer.with(answer: { _ in .text(answer) }) { server async throws in
                let code = await fetchCode { _ = try await fetcher(server).get("http://127.0.0.1:\(server.port)/") }
                #expect(code == .encoded)
                #expect(server.requests.first?.lowercased().contains("accept-encoding: identity\r\n") == true)
            }
        }
    }

    @Test func `a body said to be as it is is taken, and a status without a file is told`() async throws {
        try await CountingServer.with(answer: { _ in .ok("plain", "Content-Encoding: Identity\r\n") }) {
            server async throws in
            let answer = try await fetcher(server).get("http://127.0.0.1:\(server.port)/")
            #expect(try await content(answer) == "plain")
        }
        for status in [304, 404] {
            let text = "HTTP/1.1 \(status) No\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"
            try await CountingServer.with(answer: { _ in .text(text) }) { server async throws in
                let answer = try await fetcher(server).get("http://127.0.0.1:\(server.port)/")
                #expect(answer.status == status)
            }
        }
    }

    @Test func `a post brings its body and takes the status, redirects included`() async throws {
        try await CountingServer.with(answer: { _ in .redirect(302, to: "http://127.0.0.1:1/") }) {
            server async throws in
            let status = try await fetcher(server).post(
                "http://127.0.0.1:\(server.port)/hook?k=v", headers: [("X-A", "b")], body: Array("{}".utf8))
            #expect(status == 302)
            let request = try #require(server.requests.first)
            #expect(request.hasPrefix("POST /hook?k=v HTTP/1.1\r\n"))
            #expect(request.contains("X-A: b\r\n"))
            #expect(request.lowercased().contains("content-length: 2\r\n"))
            #expect(server.count == 1)
        }
    }

    @Test func `what is wrong is said without the address's path and query`() async throws {
        for url in [
            "http://127.0.0.1/path-secret?sig=query-secret", "http://user-secret:pw@example.com/",
            "http://example.com:22/a-secret",
            "ftp://example.com/x-secret", "http://nobody-here.invalid/path-secret?query-secret",
        ] {
            do {
                _ = try await GuardedFetcher(resolver: ScriptedResolver([])).get(url)
                Issue.record("\(url) was fetched")
            } catch {
                #expect(!"\(error)".contains("secret"), "\(error)")
            }
        }
    }
}
