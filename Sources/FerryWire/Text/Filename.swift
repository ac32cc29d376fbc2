// SPDX-License-Identifier: Apache-2.0

/// The label a stored file carries. It names nothing on the server's disk.
public enum Filename {
    /// Most bytes of a label; longer ones are cut on a scalar.
    public static let maximumLength = 255
    /// Most bytes a client may send; more is an error rather than cut.
    public static let maximumInputLength = 4096
    /// The label of a file without one.
    public static let fallback = "file"

    /// Why a name is refused.
    public struct Refusal: Error, Sendable, Hashable, CustomStringConvertible {
        /// In words.
        public let description: String
    }

    /// The label of a name as a client gave it: its last path component, without invisible direction marks, cut to
    /// ``maximumLength`` bytes. Empty names, `.` and `..` become ``fallback``.
    ///
    /// - Throws: ``Refusal`` for control characters, a slash followed by a combining mark, and over-long names.
    public static func label(_ name: String) throws(Refusal) -> String {
        guard name.utf8.count <= maximumInputLength else {
            throw Refusal(description: "filename is longer than \(maximumInputLength) bytes")
        }
        guard name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw Refusal(description: "filename contains a control character")
        }
        let scalars = name.unicodeScalars
        for (slash, next) in zip(scalars, scalars.dropFirst()) where slash == "/" && next.properties.isGraphemeExtend {
            throw Refusal(description: "filename contains a slash with a combining mark")
        }
        let last = scalars.split(separator: "/", omittingEmptySubsequences: true).last.map(Array.init) ?? []
        var label: [UInt8] = []
        for scalar in last where !isDirectionMark(scalar) {
            guard let encoded = UTF8.encode(scalar), label.count + encoded.count <= maximumLength else { break }
            label.append(contentsOf: encoded)
        }
        let text = String(decoding: label, as: UTF8.self)
        return text.isEmpty || text == "." || text == ".." ? fallback : text
    }

    /// A name that is safe to create on any file system, from a label of any origin.
    ///
    /// Separators, control characters, `:` and other characters reserved on Windows become `_`; trailing dots and
    /// spaces are dropped, and a leading underscore is put before device names such as `CON`.
    public static func safe(_ label: String) -> String {
        var output: [UInt8] = []
        for scalar in label.unicodeScalars where !isDirectionMark(scalar) {
            let isReserved =
                scalar.value < 0x20 || scalar.value == 0x7F || "/\\:*?\"<>|".unicodeScalars.contains(scalar)
            let encoded = UTF8.encode(isReserved ? "_" : scalar) ?? .init()
            guard output.count + encoded.count <= maximumLength else { break }
            output.append(contentsOf: encoded)
        }
        while let byte = output.last, byte == UInt8(ascii: ".") || byte == UInt8(ascii: " ") { output.removeLast() }
        let text = String(decoding: output, as: UTF8.self)
        // Windows drops spaces before the dot, too.
        // By bytes: a combining mark behind the dot makes another character of it, but not another byte.
        let stem = String(decoding: text.utf8.prefix { $0 != UInt8(ascii: ".") }, as: UTF8.self).uppercased()
            .replacing(" ", with: "")
        if text.isEmpty { return fallback }
        // Once more for the length, which is cut on a scalar.
        return devices.contains(stem) ? safe("_" + text) : text
    }

    /// Names that Windows takes for devices, whatever follows a dot; it reads superscript digits as digits.
    private static let devices = Set(
        ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"]
            + "123456789¹²³".flatMap { ["COM\($0)", "LPT\($0)"] })

    private static func isDirectionMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\u{200E}", "\u{200F}", "\u{061C}", "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": true
        default: false
        }
    }
}
