// SPDX-License-Identifier: Apache-2.0

/// Which part of a file an answer brings: `bytes 100-299/300`, or `/*` where the whole is not known.
struct PartRange: Sendable, Hashable {
    /// Bytes before it.
    var start: Int64
    /// Bytes of the whole; nil if the server does not know.
    var total: Int64?

    /// Reads `Content-Range`; nil for anything else.
    init?(_ header: String?) {
        guard let header else { return nil }
        let words = header.utf8.split(separator: UInt8(ascii: " "), maxSplits: 1)
        guard words.count == 2, String(decoding: words[0], as: UTF8.self).lowercased() == "bytes" else { return nil }
        let halves = words[1].split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard halves.count == 2 else { return nil }
        let ends = halves[0].split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard ends.count == 2, let start = Self.number(ends[0]), let end = Self.number(ends[1]), start <= end else {
            return nil
        }
        self.start = start
        guard !halves[1].elementsEqual("*".utf8) else { return }
        guard let total = Self.number(halves[1]), end < total else { return nil }
        self.total = total
    }

    private static func number(_ digits: Substring.UTF8View) -> Int64? {
        guard (1...19).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(Substring(digits))
    }
}
