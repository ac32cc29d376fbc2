// SPDX-License-Identifier: Apache-2.0

/// All that a signed link says; its signature covers each of these.
package struct LinkClaims: Sendable, Hashable {
    /// What the link may be used for.
    package var operation: LinkOperation
    /// The canonical path exactly as it stands in the URL, `/uploads/…`.
    package var path: String
    /// The file it is about.
    package var fileID: String
    /// The team the file belongs to.
    package var teamID: String
    /// When it ends, in seconds since 1970; it is good before that second. At most 2^62.
    package var expires: Int64
    /// Most bytes that may be put; nil for no limit of the link's own.
    package var maximumSize: Int64?

    /// Claims.
    package init(
        operation: LinkOperation, path: String, fileID: String, teamID: String, expires: Int64,
        maximumSize: Int64? = nil
    ) {
        self.operation = operation
        self.path = path
        self.fileID = fileID
        self.teamID = teamID
        self.expires = expires
        self.maximumSize = maximumSize
    }
}

extension LinkClaims {
    /// The bytes a signature covers: each field behind its length, four bytes, big-endian, so that no two sets of
    /// claims have the same bytes.
    func signedBytes(keyID: String) -> [UInt8] {
        let fields = [
            "ferry-link-1", keyID, operation.rawValue, path, fileID, teamID, String(expires),
            maximumSize.map { String($0) } ?? "",
        ]
        var bytes: [UInt8] = []
        for field in fields {
            let text = field.utf8
            for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: text.count >> shift)) }
            bytes.append(contentsOf: text)
        }
        return bytes
    }
}

/// What a link that verified says.
package struct VerifiedLink: Sendable, Hashable {
    /// When it ends, in seconds since 1970.
    package var expires: Int64
    /// Most bytes that may be put; nil for no limit of the link's own.
    package var maximumSize: Int64?

    /// What a link says.
    package init(expires: Int64, maximumSize: Int64?) {
        self.expires = expires
        self.maximumSize = maximumSize
    }
}

/// Why a link is refused. All three are a 403; only the words differ.
package enum LinkRefusal: Error, Sendable, Hashable {
    /// The link carries no signature at all.
    case missing
    /// The signature is not of this link: altered, malformed, of another path, or by a key that is gone.
    case invalid
    /// The signature is right, but the time is over.
    case expired
}
