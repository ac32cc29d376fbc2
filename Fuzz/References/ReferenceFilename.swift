// SPDX-License-Identifier: Apache-2.0

/// What a label is, and what a name must not be.
package enum ReferenceFilename {
    /// The last component, by a walk over bytes and scalars; nil for a name that must be refused.
    package static func label(_ name: String) -> String? {
        let bytes = Array(name.utf8)
        guard bytes.count <= 4096, !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return nil }
        var component: [Unicode.Scalar] = []
        var last: [Unicode.Scalar] = []
        var previous: Unicode.Scalar?
        for scalar in name.unicodeScalars {
            if previous == "/", scalar.properties.isGraphemeExtend { return nil }
            previous = scalar
            if scalar == "/" {
                component = []
            } else {
                component.append(scalar)
                last = component
            }
        }
        var label: [UInt8] = []
        for scalar in last where !isMark(scalar) {
            let encoded = Array(String(Character(scalar)).utf8)
            if label.count + encoded.count > 255 { break }
            label += encoded
        }
        let text = String(decoding: label, as: UTF8.self)
        return [[], [0x2E], [0x2E, 0x2E]].contains(label) ? "file" : text
    }

    /// What stands before the first dot decides on Windows, blanks behind it aside.
    package static func isDevice(_ bytes: [UInt8]) -> Bool {
        var stem = bytes.prefix { $0 != 0x2E }
        while stem.last == 0x20 { stem = stem.dropLast() }
        let upper = String(decoding: stem.map { $0 >= 0x61 && $0 <= 0x7A ? $0 - 0x20 : $0 }, as: UTF8.self)
        if ["CON", "PRN", "AUX", "NUL"].contains(where: { isSame($0, upper) }) { return true }
        guard upper.utf8.count == 4, let digit = upper.utf8.last, digit >= 0x31, digit <= 0x39 else { return false }
        return ["COM", "LPT"].contains { upper.utf8.starts(with: $0.utf8) }
    }

    /// For each byte whether it is a separator, a control character or one that Windows reserves.
    package static let isReserved = (0...UInt8.max).map { byte in
        byte < 0x20 || byte == 0x7F || #"/\:*?"<>|"#.utf8.contains(byte)
    }

    /// The characters that turn the direction of text (Unicode, Bidi_Control).
    package static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        let value = scalar.value
        return value == 0x061C || value == 0x200E || value == 0x200F || (value >= 0x202A && value <= 0x202E)
            || (value >= 0x2066 && value <= 0x2069)
    }
}
