// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

/// The key of stored bytes, `<team>/<sha256>`: the only text that ever becomes a path below the store's folder.
struct BlobKey: Sendable, Hashable, CustomStringConvertible {
    /// Characters of a SHA-256 in hexadecimal.
    static let digestLength = 64
    /// Leading digits that name the folder a blob lies in.
    static let shardLength = 2

    /// The owning team's id.
    let team: String
    /// The bytes' SHA-256, lower-case hexadecimal.
    let sha256: String

    /// A key; nil unless both parts have exactly their form, byte by byte.
    init?(team: String, sha256: String) {
        guard Identifier.isValid(team), Self.isDigest(sha256) else { return nil }
        self.team = team
        self.sha256 = sha256
    }

    /// Reads a key; nil if it is not one this store could have made.
    init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        self.init(
            team: String(decoding: parts[0], as: UTF8.self), sha256: String(decoding: parts[1], as: UTF8.self))
    }

    /// The folder within the team's.
    var shard: String { String(decoding: sha256.utf8.prefix(Self.shardLength), as: UTF8.self) }

    var description: String { "\(team)/\(sha256)" }

    static func isDigest(_ text: String) -> Bool { text.utf8.count == digestLength && isHexadecimal(text) }

    static func isShard(_ text: String) -> Bool { text.utf8.count == shardLength && isHexadecimal(text) }

    private static func isHexadecimal(_ text: String) -> Bool {
        text.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        }
    }
}
