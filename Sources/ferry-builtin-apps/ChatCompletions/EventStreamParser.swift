// SPDX-License-Identifier: Apache-2.0

/// Takes a stream of server-sent events apart, whatever the pieces. A pure state machine of bounded memory.
///
/// Lines end with LF, CR or CRLF. Of the fields only `data` counts; comments are dropped.
struct EventStreamParser: Sendable {
    /// A line, or an event, was longer than allowed.
    struct TooLong: Error, Sendable, Hashable {
        let limit: Int
    }

    /// The one field that counts.
    private static let field = Array("data".utf8)

    /// Most bytes of a line, and of an event.
    let limit: Int
    private var line: [UInt8] = []
    private var data: [UInt8]?
    private var followsCarriageReturn = false
    private var isFirstLine = true

    init(limit: Int = ChatCompletionLimits.standard.lineBytes) { self.limit = limit }

    /// Takes a piece and gives the data of the events that it completes.
    mutating func feed(_ bytes: some Sequence<UInt8>) throws(TooLong) -> [[UInt8]] {
        var events: [[UInt8]] = []
        let bytes = Array(bytes)
        var start = 0
        // Line feeds and carriage returns.
        for place in bytes.indices where bytes[place] == 0x0A || bytes[place] == 0x0D {
            let endsPair = followsCarriageReturn && bytes[place] == 0x0A && place == start
            followsCarriageReturn = bytes[place] == 0x0D
            if !endsPair {
                try grow(by: bytes[start..<place])
                if let event = try endLine() { events.append(event) }
            }
            start = place + 1
        }
        if start < bytes.count {
            try grow(by: bytes[start...])
            followsCarriageReturn = false
        }
        return events
    }

    /// The data of an event that lacks nothing but the empty line behind it; nil if there is none.
    mutating func finish() -> [UInt8]? {
        // The one line whose end nobody needs to see.
        if line == Array("data: [DONE]".utf8) { _ = try? endLine() }
        defer { data = nil }
        return data
    }

    private mutating func grow(by piece: ArraySlice<UInt8>) throws(TooLong) {
        guard line.count + piece.count <= limit else { throw TooLong(limit: limit) }
        if !piece.isEmpty { line.append(contentsOf: piece) }
    }

    private mutating func endLine() throws(TooLong) -> [UInt8]? {
        defer { line.removeAll(keepingCapacity: true) }
        if isFirstLine, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        isFirstLine = false
        if line.isEmpty {
            defer { data = nil }
            return data
        }
        guard line.starts(with: Self.field) else { return nil }
        var start = Self.field.count
        if start < line.count {
            // Another field, whose name begins like this one's.
            guard line[start] == UInt8(ascii: ":") else { return nil }
            start += 1
            if start < line.count, line[start] == UInt8(ascii: " ") { start += 1 }
        }
        let before = data.map { $0.count + 1 } ?? 0
        guard before + line.count - start <= limit else { throw TooLong(limit: limit) }
        // In place: an event may have as many lines as it has bytes.
        if data == nil { data = [] } else { data?.append(UInt8(ascii: "\n")) }
        data?.append(contentsOf: line[start...])
        return nil
    }
}
