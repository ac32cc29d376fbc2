// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// A record as people read it: a name and a value on each line.
struct Details {
    private var rows: [(name: String, value: String)] = []

    /// Adds a line; an empty value is left out.
    mutating func add(_ name: String, _ value: String) {
        guard !value.isEmpty else { return }
        rows.append((name, Printable.line(value)))
    }

    /// The lines.
    var lines: [String] {
        let width = rows.map(\.name.utf8.count).max() ?? 0
        return rows.map { row in
            "\(row.name):\(String(repeating: " ", count: width - row.name.utf8.count + 1))\(row.value)"
        }
    }
}

/// Points in time as people read them.
enum Moment {
    /// `2026-11-22 15:04:05Z`.
    static func text(_ time: Timestamp) -> String {
        let text = time.rfc3339
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8))Z"
    }
}
