// SPDX-License-Identifier: Apache-2.0

extension Base64 {
    static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    static let urlSafeAlphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
}

/// What each byte, and each pair of bytes, means to a decoder.
struct Base64DecodingTable: Sendable {
    static let padding: UInt8 = 253
    static let space: UInt8 = 254
    static let invalid: UInt8 = 255
    /// At least this is a pair that is no two digits.
    static let invalidPair: UInt16 = 1 << 12

    /// By byte: its six bits, or one of the values above.
    let values: [UInt8]

    private init(_ alphabets: [[UInt8]], padding: Bool, space: Bool) {
        var values = [UInt8](repeating: Self.invalid, count: 256)
        for alphabet in alphabets {
            for (value, byte) in alphabet.enumerated() { values[Int(byte)] = UInt8(value) }
        }
        if padding { values[Int(UInt8(ascii: "="))] = Self.padding }
        if space { for byte in [0x09, 0x0A, 0x0C, 0x0D, 0x20] { values[byte] = Self.space } }
        self.values = values
    }

    /// By pair, the first byte in the low half of the index: twelve bits, or at least ``invalidPair``.
    private var pairs: [UInt16] {
        var pairs = [UInt16](repeating: .max, count: 1 << 16)
        for (second, low) in values.enumerated() where low < 64 {
            for (first, high) in values.enumerated() where high < 64 {
                pairs[second << 8 | first] = UInt16(high) << 6 | UInt16(low)
            }
        }
        return pairs
    }

    private static let strict = Self([Base64.alphabet], padding: true, space: false)
    private static let urlSafe = Self([Base64.urlSafeAlphabet], padding: false, space: false)
    private static let forgiving = Self([Base64.alphabet, Base64.urlSafeAlphabet], padding: true, space: true)
    // 128 KiB each, made when the first long text of the form comes.
    private static let strictPairs = strict.pairs
    private static let urlSafePairs = urlSafe.pairs
    private static let forgivingPairs = forgiving.pairs

    static func values(_ form: Base64.Form) -> [UInt8] {
        switch form {
        case .strict: strict.values
        case .urlSafe: urlSafe.values
        case .forgiving: forgiving.values
        }
    }

    static func pairs(_ form: Base64.Form) -> [UInt16] {
        switch form {
        case .strict: strictPairs
        case .urlSafe: urlSafePairs
        case .forgiving: forgivingPairs
        }
    }
}
