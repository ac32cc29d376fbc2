// SPDX-License-Identifier: Apache-2.0

/// Splits a byte stream into lines, whatever the chunks. A pure state machine: no I/O, bounded memory.
///
/// Lines end with LF or CRLF. The last line counts without an end too; see ``finish()``.
public struct LineDecoder: Sendable {
    /// A line was longer than allowed.
    public struct LineTooLong: Error, Sendable, Hashable {
        /// Most bytes of a line.
        public var limit: Int
    }

    /// Most bytes of a line.
    public let maximumLineLength: Int
    private var buffer: [UInt8] = []

    /// A decoder of lines up to that many bytes.
    public init(maximumLineLength: Int) { self.maximumLineLength = maximumLineLength }

    /// Takes a chunk and gives the lines it completes, without their ends.
    ///
    /// - Throws: ``LineTooLong``; the decoder is of no use afterwards.
    public mutating func decode(_ chunk: some Collection<UInt8>) throws(LineTooLong) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var rest = chunk[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            buffer.append(contentsOf: rest[..<end])
            rest = rest[rest.index(after: end)...]
            guard buffer.count <= maximumLineLength else { throw LineTooLong(limit: maximumLineLength) }
            if buffer.last == UInt8(ascii: "\r") { buffer.removeLast() }
            lines.append(buffer)
            buffer.removeAll(keepingCapacity: true)
        }
        buffer.append(contentsOf: rest)
        guard buffer.count <= maximumLineLength else { throw LineTooLong(limit: maximumLineLength) }
        return lines
    }

    /// The unfinished last line; nil if the stream ended with a line end.
    public mutating func finish() -> [UInt8]? {
        defer { buffer = [] }
        return buffer.isEmpty ? nil : buffer
    }
}
