// SPDX-License-Identifier: Apache-2.0

internal import FerryWire
internal import FuzzReferences

/// The decoder of lines whatever the chunks, and the lines of a task's stream.
struct LinesTarget: FuzzTarget {
    func run(_ input: [UInt8]) {
        var randomness = Randomness(input)
        let limit = randomness.isOne(in: 4) ? 16 : 96
        let expected = referenceLines(input, limit: limit)
        // One input in four in one chunk.
        let chunks = randomness.isOne(in: 4) ? [input[...]] : randomness.chunks(input)
        promise(decode(chunks, limit) == expected, "\(chunks.map(\.count)) bytes are split otherwise")
        for line in expected ?? [] { check(line) }
    }

    /// The lines with the rest behind the last line end; nil if one is too long.
    private func decode(_ chunks: [ArraySlice<UInt8>], _ limit: Int) -> [[UInt8]]? {
        var decoder = LineDecoder(maximumLineLength: limit)
        var lines: [[UInt8]] = []
        for chunk in chunks {
            guard var complete = try? decoder.decode(chunk) else { return nil }
            // Planted: a chunk that ends between CR and LF leaves an empty line behind.
            if isCanaryPlanted, chunk.first == 0x0A, complete.count == 1, chunk.count > 1, lines.count == 2 {
                complete.append([])
            }
            lines += complete
        }
        if let rest = decoder.finish() { lines.append(rest) }
        return lines
    }

    /// What was read and written once reads and writes the same ever after, on one line.
    private func check(_ line: [UInt8]) {
        guard let json = try? JSONValue(parsing: line), let first = try? TaskStreamLine(json: json) else { return }
        let written = first.ndjson
        promise(written.last == 0x0A && written.count { $0 == 0x0A } == 1, "a stream's line holds a line end")
        guard let again = try? JSONValue(parsing: written), let second = try? TaskStreamLine(json: again) else {
            promise(false, "a line that was written does not read")
            return
        }
        promise(second.ndjson == written, "a line that was read and written writes otherwise")
        let frame = second.serverSentEvent
        promise(frame.suffix(2) == [0x0A, 0x0A], "a frame has no end")
        promise(frame.dropLast(2).count { $0 == 0x0A || $0 == 0x0D } <= 1, "a frame holds another line end")
    }
}
