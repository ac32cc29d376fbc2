// SPDX-License-Identifier: Apache-2.0

/// Takes a stream of server-sent events apart, whatever the pieces. A pure state machine of bounded memory.
///
/// Lines end with LF, CR or CRLF. Of the fields only `data` counts; comments are dropped.
struct EventStreamParser: Sendable {
    /// A line, or an event, was longer than allowed.
    struct TooLong: Error, Sendable, Hashable {
        let limit: Int
    }

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
        for byte in bytes {
            let endsPair = followsCarriageReturn && byte == UInt8(ascii: "\n")
            followsCarriageReturn = byte == UInt8(ascii: "\r")
            if endsPair { continue }
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                if let event = try endLine() { events.append(event) }
            } else {
                guard line.count < limit else { throw TooLong(limit: limit) }
                line.append(byte)
            }
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

    private mutating func endLine() throws(TooLong) -> [UInt8]? {
        defer { line.removeAll(keepingCapacity: true) }
        if isFirstLine, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        isFirstLine = false
        if line.isEmpty {
            defer { data = nil }
            return data
        }
        guard line.starts(with: "data".utf8) else { return nil }
        var value = line.dropFirst(4)
        if let colon = value.first {
            // Another field, whose name begins like this one's.
            guard colon == UInt8(ascii: ":") else { return nil }
            value = value.dropFirst()
            if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        }
        let joined = data.map { $0 + [UInt8(ascii: "\n")] + value } ?? Array(value)
        guard joined.count <= limit else { throw TooLong(limit: limit) }
        data = joined
        return nil
    }
}
