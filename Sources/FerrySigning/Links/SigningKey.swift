// SPDX-License-Identifier: Apache-2.0

/// A secret that signs links, and the name by which a link says which secret signed it.
package struct SigningKey: Sendable, Hashable {
    /// Least bytes of a secret. Nothing verifies under a shorter one.
    package static let minimumSecretLength = 32

    /// The name: 1 to 32 ASCII letters and digits. Nothing verifies under another one.
    package let id: String
    /// The secret; at least ``minimumSecretLength`` bytes.
    package let secret: [UInt8]

    /// A key of that name.
    package init(id: String, secret: [UInt8]) {
        self.id = id
        self.secret = secret
    }

    /// Whether links may be trusted that this key signed.
    var isUsable: Bool { secret.count >= Self.minimumSecretLength && Self.isName(id.utf8) }

    /// Whether the text can be a key's name.
    static func isName(_ text: some Collection<UInt8>) -> Bool {
        (1...32).contains(text.count)
            && text.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: false
                }
            }
    }
}

extension SigningKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The name alone.
    package var description: String { "SigningKey(\(id))" }
    /// The name alone.
    package var debugDescription: String { description }
    /// The name alone, so that a dump holds no secret.
    package var customMirror: Mirror { Mirror(self, children: ["id": id]) }
}
