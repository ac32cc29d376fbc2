// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

struct ByteRangeTests {
    @Test(
        arguments: [
            ("bytes=0-0", 0..<1), ("bytes=-1", 9..<10), ("bytes=5-", 5..<10), ("bytes=0-9", 0..<10),
            ("bytes=3-5", 3..<6),
            ("bytes=0-100", 0..<10), ("bytes=-100", 0..<10), ("BYTES=1-2", 1..<3), ("bytes=0000001-0002", 1..<3),
            ("bytes=9-9", 9..<10), ("bytes=0-99999999999999999999", 0..<10), ("bytes=-99999999999999999999", 0..<10),
            ("bytes=9-9223372036854775807", 9..<10),
        ] as [(String, Range<Int64>)])
    func `a good range is clamped to the content`(header: String, expected: Range<Int64>) {
        #expect(ByteRange(header, size: 10) == .part(expected))
    }

    @Test(arguments: [
        "bytes=9-5", "bytes=a-b", "items=0-1", "bytes=", "bytes", "", "bytes=-", "bytes=--1", "bytes=1--2",
        "bytes=+1-2",
        "bytes=1-+2", "bytes=0x1-2", "bytes= 1-2", "bytes=1-2 ", "bytes=1 -2", "bytes:1-2", "bytes=1", "bytes=1-2-3",
        "bytes=١-٢", "bytes=1-2\u{0}", "bytes=0-0,2-3", "bytes=0-,0-", "bytes=99999999999999999999-5",
        "bytes=99999999999236854770-9999999999999999999",
        "bytes=0-99999999999999999999x", "bytes=1e1-2", " bytes=0-1", "byte=0-1", "bytess=0-1",
    ])
    func `what is no single range is ignored`(header: String) {
        #expect(ByteRange(header, size: 10) == .whole)
    }

    @Test func `no header asks for everything`() {
        #expect(ByteRange(nil, size: 10) == .whole)
    }

    @Test(
        arguments: [
            ("bytes=10-", 10), ("bytes=999999-", 10), ("bytes=10-20", 10), ("bytes=-0", 10), ("bytes=0-", 0),
            ("bytes=0-0", 0), ("bytes=-1", 0), ("bytes=99999999999999999999-", 10),
            ("bytes=9223372036854775807-9223372036854775807", 10),
        ] as [(String, Int64)])
    func `a range of which nothing is there cannot be satisfied`(header: String, size: Int64) {
        #expect(ByteRange(header, size: size) == .unsatisfiable)
    }

    @Test func `ten thousand ranges are answered with everything`() {
        let header = "bytes=" + (0..<10_000).map { "\($0)-\($0)" }.joined(separator: ",")
        #expect(ByteRange(header, size: 20_000) == .whole)
    }

    @Test func `ranges agree with slices of the content`() {
        for size in Int64(0)...6 {
            let content = Array(0..<size)
            for first in Int64(0)...8 {
                for last in Int64(0)...8 {
                    let slice = content.filter { $0 >= first && $0 <= last }
                    let expected: ByteRange =
                        last < first
                        ? .whole : slice.isEmpty ? .unsatisfiable : .part(slice[0]..<(slice[slice.count - 1] + 1))
                    #expect(ByteRange("bytes=\(first)-\(last)", size: size) == expected)
                }
                let tail = content.suffix(Int(first))
                let expected: ByteRange = tail.isEmpty ? .unsatisfiable : .part(tail[tail.startIndex]..<size)
                #expect(ByteRange("bytes=-\(first)", size: size) == expected)
            }
        }
    }

    @Test func `the largest content there can be does not trap`() {
        #expect(ByteRange("bytes=0-", size: .max) == .part(0..<Int64.max))
        #expect(ByteRange("bytes=-9223372036854775807", size: .max) == .part(0..<Int64.max))
        #expect(ByteRange("bytes=9223372036854775806-", size: .max) == .part((Int64.max - 1)..<Int64.max))
    }
}
