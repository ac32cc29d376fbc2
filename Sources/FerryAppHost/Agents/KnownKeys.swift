// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// The keys that mean something in a file, for telling people which one they misspelt.
struct KnownKeys: Sendable {
    /// In the order in which they are told.
    let names: [String]
    /// Most bytes of a key that is compared, and told. 64.
    private static let maximumLength = 64
    /// Most keys that are told of one file. 5.
    private static let maximumTold = 5

    /// What is to be said of keys that are none of these; nil if all are.
    func warning(of keys: some Sequence<String>) -> String? {
        let unknown = keys.filter { !names.contains($0) }.sorted()
        guard !unknown.isEmpty else { return nil }
        var parts = unknown.prefix(Self.maximumTold).map { key -> String in
            let isLong = key.utf8.count > Self.maximumLength
            let shown = JSONValue.string(isLong ? String(key.unicodeScalars.prefix(16)) + "…" : key).description
            guard !isLong, let near = nearest(to: key) else { return shown }
            return "\(shown) (is \(near) meant?)"
        }
        if unknown.count > parts.count { parts.append("and \(unknown.count - parts.count) more") }
        return "means nothing here: \(parts.joined(separator: ", ")); known are \(names.joined(separator: ", "))"
    }

    /// The key that a misspelt one is likely to be; nil if none is near.
    func nearest(to key: String) -> String? {
        let found = names.map { (name: $0, distance: Self.distance(Array(key.lowercased().utf8), Array($0.utf8))) }
            .min { $0.distance < $1.distance }
        guard let found, found.distance <= max(2, found.name.utf8.count / 3), found.distance < key.utf8.count else {
            return nil
        }
        return found.name
    }

    /// How many bytes must be added, taken away or replaced to make one of the other.
    private static func distance(_ lhs: [UInt8], _ rhs: [UInt8]) -> Int {
        var row = Array(0...rhs.count)
        for (index, byte) in lhs.enumerated() {
            var next = [index + 1]
            for (place, other) in rhs.enumerated() {
                next.append(min(row[place] + (byte == other ? 0 : 1), row[place + 1] + 1, next[place] + 1))
            }
            row = next
        }
        return row[rhs.count]
    }
}
