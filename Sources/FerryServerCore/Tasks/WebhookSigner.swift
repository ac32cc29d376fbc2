// SPDX-License-Identifier: Apache-2.0

internal import Crypto
package import FerryWire

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// Signs what webhooks are told, by the Standard Webhooks convention, with a secret of each team's own.
package struct WebhookSigner: Sendable {
    private let secret: [UInt8]

    /// - Parameter secret: the server's, of which the teams' secrets are made.
    package init(secret: [UInt8]) { self.secret = secret }

    private func key(ofTeam id: String) -> [UInt8] { Self.hmac(secret, Array("webhook/\(id)".utf8)) }

    /// The team's secret as those want it who check signatures: `whsec_` and base64.
    package func secret(ofTeam id: String) -> String { "whsec_" + Base64.encode(key(ofTeam: id)) }

    /// The headers that go with a body.
    ///
    /// - Parameters:
    ///   - id: of the message, the same however often it is sent.
    ///   - time: of this try.
    package func headers(id: String, team: String, time: Timestamp, body: [UInt8]) -> [(String, String)] {
        let signed = Array("\(id).\(time.seconds).".utf8) + body
        let signature = Base64.encode(Self.hmac(key(ofTeam: team), signed))
        return [
            ("content-type", "application/json"), ("webhook-id", id), ("webhook-timestamp", "\(time.seconds)"),
            ("webhook-signature", "v1,\(signature)"),
        ]
    }

    private static func hmac(_ key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: bytes, using: SymmetricKey(data: key)))
    }
}
