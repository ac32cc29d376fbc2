// SPDX-License-Identifier: Apache-2.0

package import FerryWire

/// What a `Range` header means, by a walk over the content's bytes.
package enum ReferenceRange {
    /// One range of RFC 9110 section 14.1.2; anything else is the whole.
    package static func read(_ header: String, size: Int64) -> ByteRange {
        let text = Array(header.utf8)
        var place = 0
        for expected in "bytes=".utf8 {
            guard place < text.count, text[place] == expected || text[place] == expected & ~0x20 else { return .whole }
            place += 1
        }
        var numbers: [[UInt8]] = [[]]
        for byte in text[place...] {
            switch byte {
            case 0x30...0x39: numbers[numbers.count - 1].append(byte - 0x30)
            case UInt8(ascii: "-"): numbers.append([])
            default: return .whole
            }
        }
        guard numbers.count == 2 else { return .whole }
        let first = numbers[0]
        let last = numbers[1]
        if first.isEmpty, last.isEmpty { return .whole }
        if !first.isEmpty, !last.isEmpty, isLess(last, first) { return .whole }
        if size <= 4096 { return walk(first, last, size: size) }
        return jump(first, last, size: UInt128(size))
    }

    /// Asks for each byte of the content whether it is meant.
    private static func walk(_ first: [UInt8], _ last: [UInt8], size: Int64) -> ByteRange {
        var meant: Range<Int64>?
        for offset in 0..<size {
            let isMeant =
                if first.isEmpty {
                    isLess(digits(size - 1 - offset), last)
                } else {
                    !isLess(digits(offset), first) && (last.isEmpty || !isLess(last, digits(offset)))
                }
            if isMeant { meant = (meant?.lowerBound ?? offset)..<offset + 1 }
        }
        return meant.map { .part($0) } ?? .unsatisfiable
    }

    /// The same by arithmetic that cannot overflow.
    private static func jump(_ first: [UInt8], _ last: [UInt8], size: UInt128) -> ByteRange {
        let low = first.isEmpty ? size - min(size, value(last)) : value(first)
        let end = first.isEmpty || last.isEmpty ? size : min(size, value(last) + 1)
        return low < end ? .part(Int64(low)..<Int64(end)) : .unsatisfiable
    }

    private static func value(_ digits: [UInt8]) -> UInt128 {
        digits.reduce(0) { min($0 * 10 + UInt128($1), UInt128(UInt64.max)) }
    }

    private static func digits(_ number: Int64) -> [UInt8] { String(number).utf8.map { $0 - 0x30 } }

    /// Compares numbers of any length.
    private static func isLess(_ first: [UInt8], _ second: [UInt8]) -> Bool {
        let left = first.drop { $0 == 0 }
        let right = second.drop { $0 == 0 }
        return left.count == right.count ? left.lexicographicallyPrecedes(right) : left.count < right.count
    }
}
