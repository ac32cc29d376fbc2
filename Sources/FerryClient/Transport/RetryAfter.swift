// SPDX-License-Identifier: Apache-2.0

import FerryWire
import NIOHTTP1

/// Reads how long a server asks to wait.
enum RetryAfter {
    /// Most digits of a number that is read exactly; longer numbers are longer than any wait.
    private static let maximumDigits = 12

    /// The wait that headers ask for; nil for none, for negative ones and for garbage.
    static func hint(in headers: HTTPHeaders, now: Timestamp) -> Duration? {
        if let milliseconds = headers.first(name: "retry-after-ms").flatMap(number) {
            return .milliseconds(milliseconds)
        }
        guard let text = headers.first(name: "retry-after") else { return nil }
        if let seconds = number(text) { return .seconds(seconds) }
        guard let date = date(text) else { return nil }
        let wait = date.microseconds - now.microseconds
        return wait >= 0 ? .microseconds(wait) : nil
    }

    /// A number of nothing but digits.
    private static func number(_ text: String) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return text.utf8.count <= maximumDigits ? Int64(text) : 999_999_999_999
    }

    /// An HTTP date in the form of today: `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func date(_ text: String) -> Timestamp? {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard parts.count == 6, parts[0].utf8.count == 4, parts[1].utf8.count == 2, parts[5] == "GMT",
            let month = months.firstIndex(of: parts[2])
        else { return nil }
        let padded = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        return Timestamp(rfc3339: "\(parts[3])-\(padded)-\(parts[1])T\(parts[4])Z")
    }
}
