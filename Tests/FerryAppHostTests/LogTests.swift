// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FerryAppHost

@Suite struct LogTests {
    private func lines(_ chunks: [[UInt8]], maximum: Int = 8) -> [String] {
        var cutter = LogLineCutter(maximumLength: maximum)
        var lines = chunks.flatMap { cutter.lines(in: $0) }
        if let last = cutter.finish() { lines.append(last) }
        return lines
    }

    @Test func `lines are the same whatever the chunks`() {
        let text = Array("one\r\ntwo\n\nthis is too long\nend é\nrest".utf8)
        let expected = ["one", "two", "", "this is …", "end é", "rest"]
        for size in 1...text.count {
            let chunks = stride(from: 0, to: text.count, by: size).map { Array(text[$0..<min($0 + size, text.count)]) }
            #expect(lines(chunks) == expected, "\(size)")
        }
    }

    @Test func `a long line is cut on a scalar`() {
        #expect(lines([Array("1234567é9".utf8)]) == ["1234567…"])
        #expect(lines([Array("12345678".utf8)]) == ["12345678"])
        #expect(lines([Array("1234é789".utf8)]) == ["1234é78…"])
        #expect(lines([Array("🙂🙂🙂".utf8)]) == ["🙂🙂…"])
        #expect(lines([Array(repeating: 0x80, count: 100)]).count == 1)
    }

    @Test func `bytes that are no text are repaired`() {
        #expect(lines([[0x61, 0xFF, 0x62, 0x0A, 0x00, 0x63]]) == ["a\u{FFFD}b", "\u{FFFD}c"])
    }

    @Test func `a log keeps its last lines and stops at its limit`() {
        let log = TaskLog(limit: 10)
        #expect(log.admit([]) == nil)
        #expect(log.tail == "")
        #expect(log.admit(["abc", ""]) == "abc\n\n")
        #expect(log.admit(["1234", "5"]) == "1234\n[the log is longer than 10 bytes; the rest of it was dropped]\n")
        #expect(log.admit(["6", "7", "8"]) == nil)
        #expect(log.tail == "1234 | 5 | 6 | 7 | 8")
    }
}
