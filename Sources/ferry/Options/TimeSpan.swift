// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// A length of time as people type it: `90` and `90s` are seconds, `15m`, `1h`, `7d` and `2w` what they say.
struct TimeSpan: Sendable, Hashable {
    /// The whole length in seconds.
    let seconds: Int64

    private static let units: [UInt8: Int64] = [
        UInt8(ascii: "s"): 1, UInt8(ascii: "m"): 60, UInt8(ascii: "h"): 3_600, UInt8(ascii: "d"): 86_400,
        UInt8(ascii: "w"): 604_800,
    ]
    /// Most digits of the number.
    private static let maximumDigits = 12

    /// Reads a length; nil if the text is none.
    init?(_ text: String) {
        var digits = Array(text.utf8)
        var unit: Int64 = 1
        if let last = digits.last, let known = Self.units[last] {
            unit = known
            digits.removeLast()
        }
        guard (1...Self.maximumDigits).contains(digits.count),
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        let number = digits.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
        let (seconds, overflows) = number.multipliedReportingOverflow(by: unit)
        guard !overflows else { return nil }
        self.seconds = seconds
    }

    /// A flag's value.
    ///
    /// - Parameter range: the seconds that make sense.
    /// - Throws: `ValidationError`.
    static func reader(_ range: ClosedRange<Int64>) -> @Sendable (String) throws -> TimeSpan {
        { text in
            guard let span = TimeSpan(text) else {
                throw ValidationError("write it as 90, 15m, 1h or 7d; a number alone is seconds")
            }
            guard range.contains(span.seconds) else {
                throw ValidationError("it must be from \(shown(range.lowerBound)) to \(shown(range.upperBound))")
            }
            return span
        }
    }

    /// A length in the largest unit that divides it: `1h`, `90s`.
    static func shown(_ seconds: Int64) -> String {
        for (unit, name) in [(Int64(86_400), "d"), (3_600, "h"), (60, "m")] where seconds >= unit {
            if seconds % unit == 0 { return "\(seconds / unit)\(name)" }
        }
        return "\(seconds)s"
    }
}
