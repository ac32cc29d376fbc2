// SPDX-License-Identifier: Apache-2.0

import Crypto

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Signs links and checks them. Pure: the time is given by the caller.
///
/// Two keys can be live at once, so that a secret can be replaced without breaking the links that are about.
package struct LinkSigner: Sendable {
    private let current: SigningKey
    private let previous: SigningKey?

    /// A signer that signs with `current` and accepts links that either key signed.
    package init(current: SigningKey, previous: SigningKey? = nil) {
        self.current = current
        self.previous = previous
    }

    /// The query of a link with these claims, without the question mark.
    package func sign(_ claims: LinkClaims) -> String {
        let bytes = claims.signedBytes(keyID: current.id)
        let code = HMAC<SHA256>.authenticationCode(for: bytes, using: SymmetricKey(data: current.secret))
        return LinkQuery(
            expires: claims.expires, keyID: current.id, maximumSize: claims.maximumSize, signature: Array(code)
        ).text
    }

    /// Checks that the query signs this use of this path at this time.
    ///
    /// - Parameters:
    ///   - query: what follows the question mark, undecoded; empty if there is none.
    ///   - path: the path undecoded, as in the request.
    ///   - now: seconds since 1970.
    /// - Throws: ``LinkRefusal``; `expired` only if the link is right in all else.
    package func verify(
        query: String, operation: LinkOperation, path: String, fileID: String, teamID: String, now: Int64
    ) throws(LinkRefusal) -> VerifiedLink {
        guard !query.utf8.isEmpty else { throw .missing }
        guard let parsed = LinkQuery(query), let key = key(named: parsed.keyID) else { throw .invalid }
        let claims = LinkClaims(
            operation: operation, path: path, fileID: fileID, teamID: teamID, expires: parsed.expires,
            maximumSize: parsed.maximumSize)
        // Compares in constant time.
        let isRight = HMAC<SHA256>.isValidAuthenticationCode(
            parsed.signature, authenticating: claims.signedBytes(keyID: key.id),
            using: SymmetricKey(data: key.secret))
        guard isRight else { throw .invalid }
        guard now < parsed.expires else { throw .expired }
        return VerifiedLink(expires: parsed.expires, maximumSize: parsed.maximumSize)
    }

    private func key(named id: String) -> SigningKey? {
        [current, previous].compactMap { $0 }.first { $0.isUsable && $0.id.utf8.elementsEqual(id.utf8) }
    }
}
