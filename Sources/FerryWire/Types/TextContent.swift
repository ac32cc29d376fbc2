// SPDX-License-Identifier: Apache-2.0

/// Tells text from other bytes.
package enum TextContent {
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Whether bytes are the beginning of a UTF-8 text; see ``decode(head:isWhole:)``.
    package static func isText(head: [UInt8], isWhole: Bool) -> Bool { decode(head: head, isWhole: isWhole) != nil }

    /// The UTF-8 text that bytes are the beginning of, without a byte order mark.
    ///
    /// Nil for invalid UTF-8, and for control characters other than tab, line ends, form feed and escape.
    ///
    /// - Parameter isWhole: whether the bytes are all there are; otherwise a scalar cut at their end is forgiven.
    package static func decode(head: [UInt8], isWhole: Bool) -> String? {
        var bytes = head[...]
        if bytes.starts(with: byteOrderMark) { bytes = bytes.dropFirst(byteOrderMark.count) }
        if !isWhole { bytes = withoutCutScalar(bytes) }
        guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || (0x09...0x0D).contains($0) || $0 == 0x1B }) else {
            return nil
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// The bytes without the beginning of a scalar at their end, which is at most three bytes long.
    private static func withoutCutScalar(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        for back in 1...3 where bytes.count >= back {
            let byte = bytes[bytes.endIndex - back]
            if byte & 0xC0 == 0x80 { continue }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return length > back ? bytes.dropLast(back) : bytes
        }
        return bytes
    }

    /// The type of a marked-up text that says itself what it is; nil for other text.
    static func markup(_ head: [UInt8]) -> String? {
        var text = head[...]
        if text.starts(with: byteOrderMark) { text = text.dropFirst(byteOrderMark.count) }
        text = text.drop(while: isSpace)
        let start = text.prefix(14).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        if start.starts(with: "<!doctype html".utf8) || start.starts(with: "<html".utf8) { return "text/html" }
        return start.starts(with: "<?xml".utf8) ? "text/xml" : nil
    }

    /// Whether a text is an SVG image: its first element, after whatever XML allows before it, is `svg`.
    static func isSVG(_ head: [UInt8]) -> Bool {
        var rest = head[...]
        if rest.starts(with: byteOrderMark) { rest = rest.dropFirst(byteOrderMark.count) }
        while true {
            rest = rest.drop(while: isSpace)
            if rest.starts(with: "<svg".utf8) {
                return rest.dropFirst(4).first.map { isSpace($0) || $0 == UInt8(ascii: ">") || $0 == UInt8(ascii: "/") }
                    ?? false
            }
            if rest.starts(with: "<!--".utf8) {
                guard let end = rest.firstRange(of: "-->".utf8) else { return false }
                rest = rest[end.upperBound...]
                continue
            }
            guard rest.starts(with: "<?".utf8) || rest.starts(with: "<!".utf8),
                let end = rest.firstIndex(of: UInt8(ascii: ">"))
            else { return false }
            rest = rest[(end + 1)...]
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}
