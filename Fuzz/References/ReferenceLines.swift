// SPDX-License-Identifier: Apache-2.0

/// The lines of the whole with the rest behind the last line end; nil if one is too long.
package func referenceLines(_ input: [UInt8], limit: Int) -> [[UInt8]]? {
    var lines = input.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
    guard lines.allSatisfy({ $0.count <= limit }) else { return nil }
    let rest = lines.removeLast()
    lines = lines.map { $0.last == 0x0D ? $0.dropLast() : $0 }
    return rest.isEmpty ? lines : lines + [rest]
}
