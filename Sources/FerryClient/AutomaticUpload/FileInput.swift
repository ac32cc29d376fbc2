// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// A file in a task's input, said to be one: no guess is made and no rule for guesses applies.
public enum FileInput: Sendable, Hashable {
    /// A local file.
    case path(String)
    /// Bytes.
    case data([UInt8], filename: String? = nil, contentType: String? = nil)
    /// A `data:` URI.
    case dataURI(String)
    /// Base64 text, standard alphabet with padding.
    case base64(String)
    /// The address of a file that is there already; taken as it is.
    case uri(String)
    /// An uploaded file.
    case record(FileDTO)
}
