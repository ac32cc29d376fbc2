// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// The beginning of a UTF-8 text.
struct TextPreview: Sendable, Equatable {
    /// Most characters (Unicode scalars) shown.
    static let maximumCharacters = 500

    /// The text.
    let characters: String

    /// Looks at the beginning of a file; nil when that is no text.
    ///
    /// - Parameters:
    ///   - head: the first bytes.
    ///   - isWhole: whether they are all there are; else a scalar cut at the end is forgiven.
    init?(head: [UInt8], isWhole: Bool) {
        guard let text = TextContent.decode(head: head, isWhole: isWhole) else { return nil }
        characters = String(text.unicodeScalars.prefix(Self.maximumCharacters))
    }
}
