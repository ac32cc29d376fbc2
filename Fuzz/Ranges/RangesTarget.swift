// SPDX-License-Identifier: Apache-2.0

internal import FerryWire
internal import FuzzReferences

/// `Range` headers against a model that walks over the content's bytes.
///
/// An input is the header, a line feed and the content's size in decimal digits.
struct RangesTarget: FuzzTarget {
    func run(_ input: [UInt8]) {
        let parts = split(input, into: 2)
        let header = parts[0]
        let size = Int64(parts[1]) ?? 10
        guard size >= 0 else { return }
        let found = subject(header, size: size)
        let expected = ReferenceRange.read(header, size: size)
        promise(found == expected, "\(found) for a content of \(size) bytes, expected \(expected)")
        if case .part(let range) = found {
            promise(
                !range.isEmpty && range.lowerBound >= 0 && range.upperBound <= size, "the range leaves the content")
        }
    }

    private func subject(_ header: String, size: Int64) -> ByteRange {
        let found = ByteRange(header, size: size)
        // Planted: a suffix longer than the content and written with a leading zero loses the first byte.
        if isCanaryPlanted, case .part(let range) = found, header.utf8.dropFirst(6).starts(with: "-0".utf8),
            range.lowerBound == 0, size > 1
        {
            return .part(1..<size)
        }
        return found
    }
}
