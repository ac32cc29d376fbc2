// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import ferry_builtin_apps

@Suite struct EventStreamParserTests {
    private func events(_ text: String, chunk: Int = .max, limit: Int = 1000) throws -> [String] {
        var parser = EventStreamParser(limit: limit)
        var events: [[UInt8]] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            events += try parser.feed(rest.prefix(chunk))
            rest = rest.dropFirst(chunk)
        }
        if let last = parser.finish() { events.append(last) }
        return events.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(
        arguments: [
            ("data: a\n\ndata: b\n\n", ["a", "b"]), ("data: a\r\n\r\ndata: b\r\n\r\n", ["a", "b"]),
            ("data: a\r\rdata: b\r\r", ["a", "b"]), ("data: a\ndata:b\ndata:  c\n\n", ["a\nb\n c"]),
            (": ping\n\n:\ndata: a\n\n", ["a"]), ("event: x\nid: 1\nretry: 5\ndata: a\n\n", ["a"]),
            ("data\n\n", [""]), ("data:\n\n", [""]), ("database: x\n\n", []), ("\n\n\n", []),
            ("\u{FEFF}data: a\n\n", ["a"]), ("data: a\n\ndata: [DONE]", ["a", "[DONE]"]),
            ("data: a\n\ndata: [DONE]\n", ["a", "[DONE]"]), ("data: a\n\ndata: {\"cut", ["a"]),
            ("data: é😀\n\n", ["é😀"]), ("data:\ndata\ndata: \n\n", ["\n\n"]),
            ("\r\n\rdata:a\r\n\ndata:b\n\r", ["a", "b"]),
        ] as [(String, [String])])
    func `a stream is the same however it is split`(text: String, expected: [String]) throws {
        for chunk in [1, 2, 3, 5, 8, .max] { #expect(try events(text, chunk: chunk) == expected, "\(chunk)") }
    }

    @Test func `lines and events have a limit`() throws {
        #expect(try events("data: 1234\n\n", limit: 10) == ["1234"])
        #expect(throws: EventStreamParser.TooLong(limit: 10)) { try events("data: 12345\n\n", limit: 10) }
        #expect(throws: EventStreamParser.TooLong(limit: 10)) {
            try events("data: 123\ndata: 123\ndata: 123\n\n", limit: 10)
        }
    }
}
