// SPDX-License-Identifier: Apache-2.0

/// Cuts what a process prints into lines of bounded length. Pure; at most one line is held.
///
/// Bytes that are no UTF-8 become U+FFFD, and so does NUL.
struct LogLineCutter: Sendable {
    /// Most bytes of a line; what follows is dropped and the cut marked by `…`.
    let maximumLength: Int
    private var line: [UInt8] = []
    private var isSkipping = false

    init(maximumLength: Int) { self.maximumLength = maximumLength }

    /// Takes a chunk and gives the lines it completes, without their ends.
    mutating func lines(in chunk: [UInt8]) -> [String] {
        var lines: [String] = []
        var rest = chunk[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            take(rest[..<end])
            rest = rest[(end + 1)...]
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            lines.append(text())
            line.removeAll(keepingCapacity: true)
            isSkipping = false
        }
        take(rest)
        return lines
    }

    /// The last line, if the output did not end with a line end.
    mutating func finish() -> String? {
        guard !line.isEmpty else { return nil }
        defer { line = [] }
        return text()
    }

    private mutating func take(_ bytes: ArraySlice<UInt8>) {
        // One byte more than allowed is kept, so that a cut shows.
        let room = maximumLength + 1 - line.count
        line.append(contentsOf: bytes.prefix(room))
        if line.count > maximumLength { isSkipping = true }
    }

    private func text() -> String {
        let kept = isSkipping ? Self.cut(line, to: maximumLength) : line
        let repaired = String(decoding: kept, as: UTF8.self)
        let parts = repaired.split(separator: "\u{0}", omittingEmptySubsequences: false)
        let shown = parts.joined(separator: "\u{FFFD}")
        return isSkipping ? shown + "…" : shown
    }

    /// The beginning of UTF-8 text that ends on a scalar.
    static func cut(_ bytes: [UInt8], to length: Int) -> [UInt8] {
        guard bytes.count > length else { return bytes }
        var end = length
        while end > 0, length - end < 4, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        return Array(bytes.prefix(end))
    }

    /// The text, cut on a scalar and marked when it was longer.
    static func cut(_ text: String, to length: Int) -> String {
        guard text.utf8.count > length else { return text }
        return String(decoding: cut(Array(text.utf8), to: length), as: UTF8.self) + "…"
    }
}
