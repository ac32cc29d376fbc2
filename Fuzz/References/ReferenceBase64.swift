// SPDX-License-Identifier: Apache-2.0

/// Base 64 a digit at a time into bits, and the bits eight at a time into bytes.
package enum ReferenceBase64 {
    /// RFC 4648 with full padding and zero bits behind the last byte; nil for anything else.
    package static func strict(_ text: [UInt8]) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        let padding = text.reversed().prefix { $0 == 0x3D }.count
        guard padding <= 2 else { return nil }
        return bytes(text.dropLast(padding), isURLSafe: false, isStandard: true, isCanonical: true)
    }

    /// The URL-safe alphabet without padding and with zero bits behind the last byte; nil for anything else.
    package static func urlSafe(_ text: [UInt8]) -> [UInt8]? {
        bytes(text[...], isURLSafe: true, isStandard: false, isCanonical: true)
    }

    /// Forgiving decoding (WHATWG infra standard), of both alphabets.
    package static func forgiving(_ text: [UInt8]) -> [UInt8]? {
        var digits = text.filter { $0 != 0x09 && $0 != 0x0A && $0 != 0x0C && $0 != 0x0D && $0 != 0x20 }
        if digits.count.isMultiple(of: 4), digits.last == 0x3D {
            digits.removeLast()
            if digits.last == 0x3D { digits.removeLast() }
        }
        return bytes(digits[...], isURLSafe: true, isStandard: true, isCanonical: false)
    }

    private static func bytes(
        _ digits: ArraySlice<UInt8>, isURLSafe: Bool, isStandard: Bool, isCanonical: Bool
    ) -> [UInt8]? {
        guard digits.count % 4 != 1 else { return nil }
        var bits: [Bool] = []
        bits.reserveCapacity(digits.count * 6)
        for digit in digits {
            let value: UInt8
            switch digit {
            case 0x41...0x5A: value = digit - 0x41
            case 0x61...0x7A: value = digit - 0x61 + 26
            case 0x30...0x39: value = digit - 0x30 + 52
            case 0x2B where isStandard, 0x2D where isURLSafe: value = 62
            case 0x2F where isStandard, 0x5F where isURLSafe: value = 63
            default: return nil
            }
            var mask: UInt8 = 32
            while mask > 0 {
                bits.append(value & mask != 0)
                mask >>= 1
            }
        }
        let rest = bits.count % 8
        if isCanonical, bits.suffix(rest).contains(true) { return nil }
        return stride(from: 0, to: bits.count - rest, by: 8).map { start in
            bits[start..<start + 8].reduce(0) { $0 << 1 | ($1 ? 1 : 0) }
        }
    }
}
