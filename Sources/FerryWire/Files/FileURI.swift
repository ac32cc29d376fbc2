// SPDX-License-Identifier: Apache-2.0

/// The stable address of a stored file: `inf://files/<id>[/<name>]`, older also `inf-files://<id>[/<name>]`.
public struct FileURI: Sendable, Hashable, CustomStringConvertible {
    /// The file's id.
    public var id: String
    /// The name label, decoded; empty if the address has none.
    public var filename: String

    /// An address.
    public init(id: String, filename: String) {
        self.id = id
        self.filename = filename
    }

    /// Reads an address; nil if the text is of another scheme or carries no well-formed id.
    public init?(_ text: String) {
        let prefixes = ["inf://files/", "inf-files://files/", "inf-files://"]
        guard let prefix = prefixes.first(where: { text.utf8.starts(with: $0.utf8) }) else { return nil }
        let parts = text.utf8.dropFirst(prefix.utf8.count)
            .split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let id = parts.first.map({ String(decoding: $0, as: UTF8.self) }), Identifier.isValid(id) else {
            return nil
        }
        self.id = id
        let name = parts.count > 1 ? PercentEncoding.decode(Array(parts[1])) : []
        guard let filename = String(validating: name, as: UTF8.self) else { return nil }
        self.filename = filename
    }

    /// `inf://files/<id>/<percent-encoded name>`.
    public var description: String {
        filename.isEmpty ? "inf://files/\(id)" : "inf://files/\(id)/\(PercentEncoding.encode(filename))"
    }

    /// Whether the text claims to be such an address, well-formed or not.
    public static func hasScheme(_ text: String) -> Bool {
        text.utf8.starts(with: "inf://".utf8) || text.utf8.starts(with: "inf-files://".utf8)
    }
}
