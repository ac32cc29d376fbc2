// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@Suite("Streams")
struct StreamTests {
    private func lines(_ bytes: [UInt8], cuts: [Int], limit: Int = 1000) throws -> [[UInt8]] {
        var decoder = LineDecoder(maximumLineLength: limit)
        var lines: [[UInt8]] = []
        var start = 0
        for cut in cuts.sorted() + [bytes.count] {
            lines += try decoder.decode(bytes[start..<cut])
            start = cut
        }
        if let last = decoder.finish() { lines.append(last) }
        return lines
    }

    @Test("lines end with LF or CRLF, and the last one need not end")
    func lineEnds() throws {
        let text = Array("a\nb\r\n\n\r\nc\rd\r\r\ne".utf8)
        let expected = ["a", "b", "", "", "c\rd\r", "e"].map { Array($0.utf8) }
        #expect(try lines(text, cuts: []) == expected)
        #expect(try lines([], cuts: []) == [])
        #expect(try lines(Array("a\n".utf8), cuts: []) == [[0x61]])
    }

    @Test("however the bytes are cut, the lines are the same")
    func splitInvariance() throws {
        var random = SeededGenerator(seed: 15)
        for _ in 0..<300 {
            let alphabet: [UInt8] = [0x0A, 0x0D, 0x61, 0xC3, 0xA9, 0x00]
            let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0
            }
            let whole = try lines(bytes, cuts: [])
            #expect(try lines(bytes, cuts: Array(0...bytes.count)) == whole)
            let cuts = (0..<5).map { _ in Int.random(in: 0...bytes.count, using: &random) }
            #expect(try lines(bytes, cuts: cuts) == whole)
        }
    }

    @Test("a line beyond the limit is an error, with its end or without")
    func longLines() throws {
        let long = [UInt8](repeating: 0x61, count: 11)
        #expect(throws: LineDecoder.LineTooLong.self) { try lines(long, cuts: [3], limit: 10) }
        #expect(throws: LineDecoder.LineTooLong.self) { try lines(long + [0x0A], cuts: [], limit: 10) }
        #expect(try lines(Array(long.dropLast()) + [0x0A], cuts: [5], limit: 10).count == 1)
    }

    private func line(_ text: String) throws -> TaskStreamLine { try TaskStreamLine(json: json(text)) }

    @Test("each form of a line is told apart")
    func forms() throws {
        let task = TaskDTO(
            id: "t", createdAt: Timestamp(seconds: 1), updatedAt: Timestamp(seconds: 2), status: .completed,
            output: ["a": 1])
        #expect(try TaskStreamLine(json: task.json) == .snapshot(task))
        #expect(try TaskStreamLine(json: ["data": task.json]) == .snapshot(task))
        #expect(
            try line(#"{"data":{"status":7},"fields":["status"]}"#)
                == .partial(["status": 7], fields: ["status"]))
        #expect(try line(#"{"event":"delta","data":{"seq":1}}"#) == .delta(["seq": 1]))
        #expect(try line(#"{"type":"heartbeat"}"#) == .heartbeat)
        #expect(try line(#"{"type":"news","x":1}"#) == .other(["type": "news", "x": 1]))
        #expect(throws: WireFormatError.self) { try line("[1]") }
        #expect(throws: WireFormatError.self) { try line(#"{"data":{},"fields":[1]}"#) }
        #expect(throws: WireFormatError.self) { try line(#"{"id":5}"#) }
    }

    @Test("a line is written as one line of NDJSON or one SSE frame, and read back")
    func writing() throws {
        let task = TaskDTO(
            id: "t", createdAt: Timestamp(seconds: 1), updatedAt: Timestamp(seconds: 2), status: .running,
            input: "a\u{2028}\u{85}\nb")
        for line in [
            TaskStreamLine.snapshot(task), .partial(["a": "\n"], fields: ["a"]), .delta([1]), .heartbeat,
            .other(["x": 2]),
        ] {
            let bytes = line.ndjson
            #expect(bytes.count { $0 == 0x0A } == 1)
            #expect(bytes.last == 0x0A)
            #expect(try TaskStreamLine(json: JSONValue(parsing: bytes.dropLast())) == line)
            let frame = String(decoding: line.serverSentEvent, as: UTF8.self)
            if line == .heartbeat {
                #expect(frame == ":\n\n")
            } else {
                let parts = frame.split(separator: "\n", omittingEmptySubsequences: false)
                #expect(parts.count == 4)
                #expect(parts[0] == "event: update")
                #expect(try TaskStreamLine(json: json(String(parts[1].dropFirst(6)))) == line)
                #expect(parts[2].isEmpty && parts[3].isEmpty)
            }
            #expect(!String(decoding: bytes, as: UTF8.self).unicodeScalars.contains("\u{2028}"))
        }
    }

    @Test("a stream cut anywhere gives its lines", arguments: [1, 2, 7, 1000])
    func wholeStream(chunk: Int) throws {
        let sent: [TaskStreamLine] = [.heartbeat, .delta(["é": "€💾"]), .partial([:], fields: []), .heartbeat]
        let bytes = sent.flatMap(\.ndjson)
        var decoder = LineDecoder(maximumLineLength: 1000)
        var received: [TaskStreamLine] = []
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            for line in try decoder.decode(bytes[start..<min(start + chunk, bytes.count)]) {
                received.append(try TaskStreamLine(json: JSONValue(parsing: line)))
            }
        }
        #expect(received == sent)
        #expect(decoder.finish() == nil)
    }
}
