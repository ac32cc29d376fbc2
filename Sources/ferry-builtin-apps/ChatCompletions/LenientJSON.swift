// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// JSON as model servers write it: strict, but for halves of surrogate pairs. Models make characters of pieces, and a
/// server that escapes them one by one sends halves.
enum LenientJSON {
    /// The value, with U+FFFD in the place of every half that stands alone; nil if the bytes are no JSON.
    static func parse(_ bytes: [UInt8]) -> JSONValue? {
        if let value = try? JSONValue(parsing: bytes) { return value }
        return mended(bytes).flatMap { try? JSONValue(parsing: $0) }
    }

    /// The bytes without halves; nil if there are none. In JSON a backslash stands in strings only.
    private static func mended(_ bytes: [UInt8]) -> [UInt8]? {
        var result = bytes
        var isMended = false
        var place = 0
        while place < bytes.count {
            guard bytes[place] == UInt8(ascii: "\\") else {
                place += 1
                continue
            }
            guard let unit = unit(bytes, at: place) else {
                // Another escape: what follows may be a second backslash.
                place += 2
                continue
            }
            if UTF16.isLeadSurrogate(unit), let next = Self.unit(bytes, at: place + 6), UTF16.isTrailSurrogate(next) {
                place += 12
                continue
            }
            if UTF16.isLeadSurrogate(unit) || UTF16.isTrailSurrogate(unit) {
                result.replaceSubrange(place + 2..<place + 6, with: "FFFD".utf8)
                isMended = true
            }
            place += 6
        }
        return isMended ? result : nil
    }

    /// The code unit that is escaped there, as in `\u00e4`.
    private static func unit(_ bytes: [UInt8], at place: Int) -> UInt16? {
        guard place + 6 <= bytes.count, bytes[place] == UInt8(ascii: "\\"), bytes[place + 1] == UInt8(ascii: "u")
        else { return nil }
        return UInt16(String(decoding: bytes[place + 2..<place + 6], as: UTF8.self), radix: 16)
    }
}
