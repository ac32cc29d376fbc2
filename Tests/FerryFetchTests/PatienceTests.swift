// SPDX-License-Identifier: Apache-2.0

import FerryFetch
import FerryWire
import NIOCore
import Testing

/// Who is waited for, and for how long.
@Suite(.timeLimit(.minutes(1)))
struct PatienceTests {
    private func fetcher(_ server: CountingServer, _ change: (inout FetchLimits) -> Void) -> GuardedFetcher {
        var policy = FetchPolicy.allowing(["127.0.0.0/8"], ports: [server.port])
        change(&policy.limits)
        return GuardedFetcher(policy: policy)
    }

    @Test func `who takes the bytes may be slower than the other side may be silent`() async throws {
        let (pieces, piece) = (32, 1 << 20)
        let head = "HTTP/1.1 200 OK\r\nContent-Length: \(pieces * piece)\r\n\r\n"
        let body = [String](repeating: String(repeating: "x", count: piece), count: pieces)
        let large = CountingServer.Answer(pieces: [head] + body)
        try await CountingServer.with(answer: { _ in large }) { server async throws in
            let strict = fetcher(server) { $0.idleTime = .seconds(1) }
            var size = 0
            for try await chunk in try await strict.get("http://127.0.0.1:\(server.port)/").body {
                if size == 0 { try await Task.sleep(for: .milliseconds(1500)) }
                size += chunk.readableBytes
            }
            #expect(size == pieces * piece)
        }
    }

    @Test func `silence is the other side's even after many pieces, and ends with the time for the whole`()
        async throws
    {
        let pieces = ["HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"] + [String](repeating: "x", count: 20)
        let answer = CountingServer.Answer(pieces: pieces, pause: .milliseconds(20), closes: false)
        try await CountingServer.with(answer: { _ in answer }) { server async throws in
            let limits: [(String, (inout FetchLimits) -> Void)] = [
                ("did not answer in time", { $0.idleTime = .milliseconds(300) }),
                ("longer than allowed for the whole", { $0.totalTime = .seconds(2) }),
            ]
            for (reason, change) in limits {
                let begin = ContinuousClock.now
                do {
                    _ = try await content(
                        try await fetcher(server, change).get("http://127.0.0.1:\(server.port)/"))
                    Issue.record("the rest did not come")
                } catch {
                    let error = try #require(error as? FetchError)
                    #expect(error.code == .timedOut)
                    #expect(error.message.contains(reason), "\(error)")
                }
                #expect(begin.duration(to: .now) < .seconds(20))
            }
        }
    }

    @Test func `the status of a post is told before its answer's body has come`() async throws {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
        let drip = CountingServer.Answer(
            pieces: [head] + [String](repeating: "x", count: 999), pause: .milliseconds(50), closes: false)
        try await CountingServer.with(answer: { _ in drip }) { server async throws in
            let begin = ContinuousClock.now
            let status = try await fetcher(server) { _ in }.post(
                "http://127.0.0.1:\(server.port)/", headers: [], body: Array("{}".utf8))
            #expect(status == 200)
            // The whole would take 50 s.
            #expect(begin.duration(to: .now) < .seconds(10))
        }
    }

    @Test func `a post whose answer does not begin is given up in its time`() async throws {
        let silent = CountingServer.Answer(pieces: [], closes: false)
        try await CountingServer.with(answer: { _ in silent }) { server async throws in
            let strict = fetcher(server) { $0.postTime = .milliseconds(300) }
            let code = await fetchCode {
                _ = try await strict.post("http://127.0.0.1:\(server.port)/", headers: [], body: [])
            }
            #expect(code == .timedOut)
        }
    }
}
