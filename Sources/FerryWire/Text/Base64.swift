// SPDX-License-Identifier: Apache-2.0

/// Base 64 (RFC 4648) over bytes.
public enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let urlSafeAlphabet =
        Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    /// 255 is no digit; 254 is ASCII white space.
    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 255, count: 256)
        for (value, byte) in alphabet.enumerated() { table[Int(byte)] = UInt8(value) }
        table[Int(UInt8(ascii: "-"))] = 62
        table[Int(UInt8(ascii: "_"))] = 63
        for byte in [0x09, 0x0A, 0x0C, 0x0D, 0x20] { table[byte] = 254 }
        return table
    }()

    /// Encodes with the standard alphabet and padding.
    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        encode(bytes, alphabet: alphabet, padded: true)
    }

    /// Encodes with the URL-safe alphabet (section 5) and no padding.
    public static func encodeURLSafe(_ bytes: some Collection<UInt8>) -> String {
        encode(bytes, alphabet: urlSafeAlphabet, padded: false)
    }

    private static func encode(_ bytes: some Collection<UInt8>, alphabet: [UInt8], padded: Bool) -> String {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        var rest = bytes[...]
        while !rest.isEmpty {
            let group = rest.prefix(3)
            rest = rest.dropFirst(3)
            var value: UInt32 = 0
            for byte in group { value = value << 8 | UInt32(byte) }
            value <<= 8 * UInt32(3 - group.count)
            for index in 0..<4 {
                if index <= group.count {
                    output.append(alphabet[Int(value >> UInt32(18 - 6 * index) & 63)])
                } else if padded {
                    output.append(UInt8(ascii: "="))
                }
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Decodes the standard alphabet with full padding and canonical trailing bits; nil for anything else.
    public static func decode(strict text: [UInt8]) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        let digits = text.prefix { $0 != UInt8(ascii: "=") }
        let padding = text.count - digits.count
        guard padding <= 2, text.suffix(padding).allSatisfy({ $0 == UInt8(ascii: "=") }),
            digits.allSatisfy({ alphabet.contains($0) })
        else { return nil }
        return decodeDigits(Array(digits), canonical: true)
    }

    /// Decodes the URL-safe alphabet without padding and with canonical trailing bits; nil for anything else.
    public static func decode(urlSafe text: [UInt8]) -> [UInt8]? {
        guard text.allSatisfy({ urlSafeAlphabet.contains($0) }) else { return nil }
        return decodeDigits(text, canonical: true)
    }

    /// Decodes as data URIs do: both alphabets, ASCII white space skipped, padding optional but right when there.
    public static func decode(forgiving text: some Collection<UInt8>) -> [UInt8]? {
        var digits: [UInt8] = []
        digits.reserveCapacity(text.count)
        for byte in text where values[Int(byte)] != 254 { digits.append(byte) }
        if digits.count % 4 == 0 {
            for _ in 0..<2 where digits.last == UInt8(ascii: "=") { digits.removeLast() }
        }
        return decodeDigits(digits, canonical: false)
    }

    private static func decodeDigits(_ digits: [UInt8], canonical: Bool) -> [UInt8]? {
        guard digits.count % 4 != 1 else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(digits.count / 4 * 3 + 2)
        var accumulator: UInt32 = 0
        var bits = 0
        for digit in digits {
            let value = values[Int(digit)]
            guard value < 64 else { return nil }
            accumulator = accumulator << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                output.append(UInt8(truncatingIfNeeded: accumulator >> UInt32(bits)))
                accumulator &= (1 << UInt32(bits)) - 1
            }
        }
        guard !canonical || accumulator == 0 else { return nil }
        return output
    }
}
