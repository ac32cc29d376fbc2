// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// A number of bytes as people type it: `1048576`, `500MiB`, `1GiB`; `kB`, `MB`, `GB` and `TB` are powers of a thousand.
struct ByteCount: Sendable, Hashable {
    /// The number.
    let bytes: Int64

    private static let units: [(name: String, factor: Int64)] = [
        ("kib", 1 << 10), ("mib", 1 << 20), ("gib", 1 << 30), ("tib", 1 << 40), ("kb", 1_000), ("mb", 1_000_000),
        ("gb", 1_000_000_000), ("tb", 1_000_000_000_000), ("k", 1 << 10), ("m", 1 << 20), ("g", 1 << 30),
        ("t", 1 << 40), ("b", 1),
    ]

    /// Reads a number; nil if the text is none.
    init?(_ text: String) {
        let digits = text.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let rest = text.utf8.dropFirst(digits.count).drop { $0 == 0x20 }
        let unit = String(decoding: Array(rest), as: UTF8.self).lowercased()
        guard let number = Int64(String(decoding: Array(digits), as: UTF8.self)),
            let factor = unit.isEmpty ? 1 : Self.units.first(where: { $0.name == unit })?.factor
        else { return nil }
        let (bytes, overflows) = number.multipliedReportingOverflow(by: factor)
        guard !overflows else { return nil }
        self.bytes = bytes
    }

    /// A flag's value.
    ///
    /// - Throws: `ValidationError`.
    static let reader: @Sendable (String) throws -> ByteCount = { text in
        guard let count = ByteCount(text) else {
            throw ValidationError("write it as 500MiB, 1GiB or a number of bytes")
        }
        return count
    }
}
