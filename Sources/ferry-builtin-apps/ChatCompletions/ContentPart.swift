// SPDX-License-Identifier: Apache-2.0

import FerryApp

/// One thing that a message holds.
enum ContentPart: Sendable {
    /// The file's name, on one line, if it is what a file holds.
    case text(String, file: String? = nil)
    /// Its bytes are read when the request is written.
    case image(ImagePart)
}

/// A picture that a model looks at.
struct ImagePart: Sendable {
    /// Kept, so that a fetched file stays where it is.
    let file: File
    let path: String
    /// Its name, on one line.
    let name: String
    let mediaType: String
    let size: Int
    /// Whether it came with a message before the turn at hand.
    let isEarlier: Bool

    /// Bytes of its base64.
    var encodedSize: Int { (size + 2) / 3 * 4 }

    /// What stands in the place of a picture that is left out.
    static func note(_ name: String, _ reason: String) -> String { "[image \(name) is not shown: \(reason)]" }
}
