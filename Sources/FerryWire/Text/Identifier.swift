// SPDX-License-Identifier: Apache-2.0

/// Ids of records: 26 characters of lower-case base 32 (RFC 4648 alphabet), carrying 128 random bits.
public enum Identifier {
    /// Characters of an id.
    public static let length = 26
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

    /// A new random id.
    public static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        return random(using: &generator)
    }

    /// A new id out of the given source of randomness.
    public static func random(using generator: inout some RandomNumberGenerator) -> String {
        var text: [UInt8] = []
        var value = UInt128(generator.next()) << 64 | UInt128(generator.next())
        for _ in 0..<length {
            text.append(alphabet[Int(truncatingIfNeeded: value & 31)])
            value >>= 5
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Whether the text has the form of an id, byte by byte: 26 lower-case letters and digits, since ids of other
    /// servers use other alphabets.
    public static func isValid(_ text: some StringProtocol) -> Bool {
        text.utf8.count == length
            && text.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            }
    }

    /// The short form: the first eight characters.
    public static func short(_ id: String) -> String { String(decoding: id.utf8.prefix(8), as: UTF8.self) }
}
