// SPDX-License-Identifier: Apache-2.0

/// What a `Range` header asks for (RFC 9110 section 14).
package enum ByteRange: Sendable, Equatable {
    /// Everything: no range, one that is not understood, or several.
    case whole
    /// These bytes.
    case part(Range<Int64>)
    /// None of it is there.
    case unsatisfiable

    /// - Parameters:
    ///   - header: the header's value.
    ///   - size: the content's size in bytes.
    package init(_ header: String?, size: Int64) {
        self = .whole
        guard let header else { return }
        let bytes = Array(header.utf8)
        let unit = Array("bytes=".utf8)
        guard bytes.count > unit.count,
            bytes.prefix(unit.count).map({ $0 | 0x20 }).elementsEqual("bytes=".utf8.map { $0 | 0x20 })
        else { return }
        let spec = bytes.dropFirst(unit.count)
        guard !spec.contains(UInt8(ascii: ",")) else { return }
        let parts = spec.split(separator: UInt8(ascii: "-"), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let first = Self.number(parts[0]), let last = Self.number(parts[1]) else { return }
        switch (first, last) {
        case (nil, nil): return
        case (nil, let suffix?):
            self = suffix == 0 || size == 0 ? .unsatisfiable : .part(max(0, size - suffix)..<size)
        case (let first?, let last):
            if last != nil, Self.isLess(parts[1], parts[0]) { return }
            guard first < size else {
                self = .unsatisfiable
                return
            }
            self = .part(first..<min(last ?? .max, size - 1) + 1)
        }
    }

    /// Whether one number of digits is less than another, however long they are.
    private static func isLess(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
        let (left, right) = (left.drop { $0 == 0x30 }, right.drop { $0 == 0x30 })
        return left.count == right.count ? left.lexicographicallyPrecedes(right) : left.count < right.count
    }

    /// Digits as a number, saturating; `.some(nil)` for none, nil for anything else.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int64?? {
        if digits.isEmpty { return .some(nil) }
        var value: Int64 = 0
        for byte in digits {
            guard (0x30...0x39).contains(byte) else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int64(byte - 0x30))
            value = overflow || carry ? .max : sum
        }
        return .some(value)
    }
}
