// SPDX-License-Identifier: Apache-2.0

/// The parts of an input between line feeds; at least as many as asked for, empty ones at the end.
package func split(_ input: [UInt8], into count: Int) -> [String] {
    var parts = input.split(separator: UInt8(ascii: "\n"), maxSplits: count - 1, omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
    while parts.count < count { parts.append("") }
    return parts
}

/// Whether two texts are the same bytes; `==` would take composed and decomposed letters for the same.
package func isSame(_ first: String, _ second: String) -> Bool { first.utf8.elementsEqual(second.utf8) }

/// The parts of a query in one order, whatever the order they stand in.
package func queryParts(_ query: String) -> [[UInt8]] {
    query.utf8.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false).map(Array.init)
        .sorted { $0.lexicographicallyPrecedes($1) }
}
