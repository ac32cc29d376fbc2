// SPDX-License-Identifier: Apache-2.0

/// The beginning of a UTF-8 text.
struct TextPreview: Sendable, Equatable {
    /// Most characters (Unicode scalars) shown.
    static let maximumCharacters = 500

    /// The text.
    let characters: String

    /// Looks at the beginning of a file; nil when that is no text: invalid UTF-8, or control characters other than
    /// tab, line ends, form feed and escape.
    ///
    /// - Parameters:
    ///   - head: the first bytes.
    ///   - isWhole: whether they are all there are; else a scalar cut at the end is forgiven.
    init?(head: [UInt8], isWhole: Bool) {
        var bytes = head[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        if !isWhole { bytes = Self.withoutCutScalar(bytes) }
        guard let text = String(validating: bytes, as: UTF8.self),
            !bytes.contains(where: { $0 < 0x20 && ![0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x1B].contains($0) || $0 == 0x7F })
        else { return nil }
        characters = String(text.unicodeScalars.prefix(Self.maximumCharacters))
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
}
