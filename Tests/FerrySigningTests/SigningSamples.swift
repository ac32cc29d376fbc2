// SPDX-License-Identifier: Apache-2.0

@testable import FerrySigning

enum Samples {
    static let id = "abcdefghijklmnopqrstuvwxyz"
    static let path = "/content/\(id)/photo.jpg"
    static let first = SigningKey(id: "k1", secret: Array(0..<32))
    static let second = SigningKey(id: "k2", secret: Array(32..<64))
    static let signer = LinkSigner(current: first)
    static let expires: Int64 = 1_893_456_000
    static let now = expires - 1

    static let claims = LinkClaims(
        operation: .content, path: path, fileID: id, teamID: "team7", expires: expires)
}

/// What a check of the sample link with a few things changed gives.
func outcome(
    _ query: String, signer: LinkSigner = Samples.signer, operation: LinkOperation = .content,
    path: String = Samples.path, fileID: String = Samples.id, teamID: String = "team7", now: Int64 = Samples.now
) -> Result<VerifiedLink, LinkRefusal> {
    Result { () throws(LinkRefusal) -> VerifiedLink in
        try signer.verify(
            query: query, operation: operation, path: path, fileID: fileID, teamID: teamID, now: now)
    }
}

/// A generator that counts, so that what it makes is known.
struct CountingGenerator: RandomNumberGenerator {
    var bytes: [UInt8]

    mutating func next() -> UInt64 {
        let word = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        bytes.removeFirst(8)
        return word
    }
}
