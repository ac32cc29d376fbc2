// SPDX-License-Identifier: Apache-2.0

/// An API key. Its descriptions, reflections and dumps never show it.
public struct APIKey: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible,
    CustomDebugStringConvertible, CustomReflectable
{
    /// The key itself.
    package let secret: String

    /// A key of this text; the form is checked when a ``Ferry`` is made.
    public init(_ secret: String) { self.secret = secret }

    /// A key of this text.
    public init(stringLiteral value: String) { self.init(value) }

    /// Whether a header can carry it: visible ASCII without blanks.
    var isUsable: Bool { !secret.isEmpty && secret.utf8.allSatisfy { (0x21...0x7E).contains($0) } }

    /// Always the same words.
    public var description: String { "APIKey(redacted)" }
    /// Always the same words.
    public var debugDescription: String { description }
    /// Without children.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
