// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import Testing

@testable import FerryServerHTTP

struct RequestFramingTests {
    /// What became of bytes.
    private struct Outcome: Equatable {
        var good: Int
        var requests: Int
        var content: Int64
        var phase: RequestFraming.Phase
        var code: String?
    }

    private func frame(_ text: String, pieces: Int = .max, limits: ConnectionLimits = ConnectionLimits()) -> Outcome {
        var framing = RequestFraming(limits: limits)
        var (rest, good, code) = (Array(text.utf8)[...], 0, nil as String?)
        while !rest.isEmpty, code == nil {
            let piece = Array(rest.prefix(pieces))
            rest = rest.dropFirst(pieces)
            var taken = 0
            do {
                try piece.withUnsafeBytes { raw in try framing.take(raw, wasGood: &taken) }
            } catch {
                code = (error as? ServerError)?.code.rawValue ?? "\(error)"
            }
            good += taken
        }
        return Outcome(
            good: good, requests: framing.requestsEnded, content: framing.contentBytes, phase: framing.phase, code: code
        )
    }

    private static let head = "POST /files HTTP/1.1\r\nHost: a\r\n"

    @Test(
        arguments: [
            ("", 1, 0), ("Content-Length: 0\r\n", 1, 0), ("Transfer-Encoding: chunked\r\n\r\n0\r\n", 1, 0),
            ("Transfer-Encoding:\tChunked \r\n\r\n5\r\nhello\r\n00A\r\n0123456789\r\n0\r\nX-Sum: 1\r\n", 1, 15),
            ("Content-Length: 000000000000000000\r\n", 1, 0), ("X-Text: \u{e9}\t \r\nX-Empty:\r\n", 1, 0),
        ] as [(String, Int, Int64)])
    func `good requests pass whole whatever pieces they come in`(rest: String, requests: Int, content: Int64) {
        let text = Self.head + rest + "\r\n"
        for pieces in [1, 2, 3, 7, Int.max] {
            #expect(
                frame(text, pieces: pieces)
                    == Outcome(
                        good: text.utf8.count, requests: requests, content: content, phase: .idle, code: nil))
        }
    }

    @Test func `a body of a known length is counted and not looked at`() {
        let text = Self.head + "Content-Length: 17\r\n\r\n\r\nGET\n\u{0}\r\r\n 99 x\n\n" + "\r\n" + Self.head + "\r\n"
        for pieces in [1, 5, Int.max] {
            let outcome = frame(text, pieces: pieces)
            #expect(outcome == Outcome(good: text.utf8.count, requests: 2, content: 17, phase: .idle, code: nil))
        }
    }

    @Test(arguments: [
        "FFFFFFFFFFFFFFFF", "0000000000000", "5;", "5 ", " 5", "-", "0x", "g", "5\n", "5\r\nhello\n", "5\r\nhellox",
        "5\r\nhello5", "\r\n", "5\r\r", "0\r\nHost: b\r\n", "0\r\nX : b\r\n", "0\r\n y\r\n", "0\r\n\n",
    ])
    func `a malformed chunk is refused as soon as it shows`(body: String) {
        let text = Self.head + "Transfer-Encoding: chunked\r\n\r\n" + body
        for pieces in [1, 4, Int.max] {
            let outcome = frame(text, pieces: pieces)
            #expect(outcome.code == "invalid_request", "\(body) in pieces of \(pieces)")
            #expect(outcome.phase == .refused)
            #expect(outcome.requests == 0)
        }
    }

    @Test(arguments: [
        "Content-Length: +5", "Content-Length: 5, 5", "Content-Length: 0x5", "Content-Length: -1", "Content-Length:",
        "Content-Length: 5\r\nContent-Length: 5", "Content-Length: 9223372036854775808",
        "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, chunked", "Transfer-Encoding: \u{b}chunked", "Transfer-Encoding: identity",
        "Host: b", " X: folded", "\tX: folded", "X : y", "X\t: y", ": y", "X", "X: a\rb", "X: a\u{0}b", "X: a\u{7F}b",
        "X\u{e9}: y", "X(: y", "X: y\nY: z",
    ])
    func `an ambiguous field is refused`(field: String) {
        for pieces in [1, Int.max] {
            let outcome = frame(Self.head + field + "\r\n\r\n", pieces: pieces)
            #expect(outcome.code == "invalid_request", "\(field)")
            #expect(outcome.requests == 0)
        }
    }

    @Test func `heads have a measure`() {
        var limits = ConnectionLimits()
        (limits.maximumHeadSize, limits.maximumFields) = (100, 3)
        func code(_ fields: String) -> String? {
            frame(Self.head + fields + "\r\n", limits: limits).code
        }
        #expect(code("A: 1\r\nB: 2\r\n") == nil)
        #expect(code("A: 1\r\nB: 2\r\nC: 3\r\n") == "headers_too_large")
        #expect(code("A: \(String(repeating: "x", count: 50))\r\n") == nil)
        #expect(code("A: \(String(repeating: "x", count: 90))\r\n") == "headers_too_large")
        // Not only at its end.
        #expect(frame(Self.head + String(repeating: "x", count: 120), pieces: 1, limits: limits).good < 110)
        #expect(frame(String(repeating: "x", count: 1000), limits: limits).code == "headers_too_large")
    }
}
