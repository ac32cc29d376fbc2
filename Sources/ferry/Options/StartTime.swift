// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryWire

/// When a task is to be begun, as people type it: RFC 3339, or a time from now such as `+90s`, `+15m` and `+2h`.
enum StartTime: Sendable, Hashable {
    /// At a point in time.
    case at(Timestamp)
    /// So many seconds from now.
    case after(Int64)

    /// Longest time from now, in seconds: ten years. What a server takes may be less.
    static let maximumDelay: Int64 = 3_650 * 86_400

    /// Reads a time; nil if the text is none.
    init?(_ text: String) {
        guard text.utf8.first == UInt8(ascii: "+") else {
            guard let time = Timestamp(rfc3339: text) else { return nil }
            self = .at(time)
            return
        }
        guard let span = TimeSpan(String(text.dropFirst())), span.seconds <= Self.maximumDelay else { return nil }
        self = .after(span.seconds)
    }

    /// A flag's value.
    ///
    /// - Throws: `ValidationError`.
    static func read(_ text: String) throws -> StartTime {
        guard let time = StartTime(text) else {
            throw ValidationError("write it as 2026-12-24T18:00:00Z, or as +90s, +15m or +2h from now")
        }
        return time
    }

    /// The point in time.
    func time(from now: Timestamp) -> Timestamp {
        switch self {
        case .at(let time): time
        case .after(let seconds): now.advanced(bySeconds: seconds)
        }
    }
}
