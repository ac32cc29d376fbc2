// SPDX-License-Identifier: Apache-2.0

internal import FerryWire
internal import FuzzReferences

/// Media types: nothing gets through that a header could not carry, and what a browser runs is known for it.
struct MediaTypeTarget: FuzzTarget {
    func run(_ input: [UInt8]) {
        var randomness = Randomness(input)
        let text = String(
            decoding: randomness.stretched(input, beyond: MediaType.maximumLength), as: UTF8.self)
        let found = subject(text)
        let expected = ReferenceMediaType.essence(text)
        promise((found == nil) == (expected == nil), "\(found == nil ? "refused" : "accepted"), expected otherwise")
        guard let found, let expected else { return }
        let description = found.description
        promise(isSame(found.essence, expected), "the essence is \(found.essence), expected \(expected)")
        promise(
            description.utf8.count <= 255 && description.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != 0x2C },
            "a header cannot carry it")
        guard let again = MediaType(description) else {
            promise(false, "what was accepted is refused when it comes back")
            return
        }
        promise(isSame(again.description, description), "it changes when it comes back")
        let isSevenBit = isSame(expected, "text/plain") && description.lowercased().contains("charset=utf-7")
        let isActive = found.isActive
        promise(
            isActive || !(isSevenBit || ReferenceMediaType.isRunByBrowsers(expected)), "\(expected) is not active")
    }

    private func subject(_ text: String) -> MediaType? {
        let found = MediaType(text)
        // Planted: the first parameter's semicolon is taken for a part of the subtype when blanks stand before it.
        if isCanaryPlanted, let found, found.essence.utf8.count > 4, text.utf8.contains(UInt8(ascii: "\t")) == false,
            text.contains("  ;"), found.description.utf8.count > found.essence.utf8.count
        {
            return nil
        }
        return found
    }
}
