// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FerryApp

@Suite struct LineBufferTests {
    private func lines(of text: String, limit: Int, step: Int) -> [LineBuffer.Line] {
        var buffer = LineBuffer(maximumLength: limit)
        var found: [LineBuffer.Line] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            buffer.append(rest.prefix(step))
            rest = rest.dropFirst(step)
            while let line = buffer.next() {
                found.append(line)
                if line == .tooLong { return found }
            }
        }
        return found
    }

    @Test(arguments: [1, 2, 3, 7, 100])
    func `lines are the same however the bytes arrive`(step: Int) {
        let expected = ["one", "two\r", "é三"].map { LineBuffer.Line.bytes(Array($0.utf8)) }
        #expect(lines(of: "one\n\ntwo\r\né三\nunfinished", limit: 100, step: step) == expected)
    }

    @Test(arguments: [1, 4, 100])
    func `a line beyond the limit is reported, ended or not`(step: Int) {
        #expect(lines(of: "12345\n", limit: 5, step: step) == [.bytes(Array("12345".utf8))])
        #expect(lines(of: "123456\n", limit: 5, step: step) == [.tooLong])
        #expect(lines(of: "ab\n123456", limit: 5, step: step) == [.bytes(Array("ab".utf8)), .tooLong])
    }
}
