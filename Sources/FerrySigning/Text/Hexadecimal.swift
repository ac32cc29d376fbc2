// SPDX-License-Identifier: Apache-2.0

/// Hexadecimal in lower case, the only spelling accepted.
enum Hexadecimal {
    private static let digits = Array("0123456789abcdef".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil for an odd number of digits and for anything that is none, upper case included.
    static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2)
        var rest = text
        while let high = rest.popFirst(), let low = rest.popFirst() {
            guard let first = digits.firstIndex(of: high), let second = digits.firstIndex(of: low) else { return nil }
            bytes.append(UInt8(first << 4 | second))
        }
        return bytes
    }
}
