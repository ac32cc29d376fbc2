// SPDX-License-Identifier: Apache-2.0

/// The place of a value inside a JSON document (RFC 6901), for messages.
///
/// Two pointers are equal if their tokens are, byte by byte.
public struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
    /// Unescaped reference tokens, outermost first.
    public var tokens: [String]

    /// The whole document.
    public static let root = JSONPointer(tokens: [])

    /// A pointer of these unescaped tokens.
    public init(tokens: [String]) { self.tokens = tokens }

    /// The place of a member of the object here.
    public func appending(_ key: String) -> JSONPointer { JSONPointer(tokens: tokens + [key]) }

    /// The place of an element of the array here.
    public func appending(_ index: Int) -> JSONPointer { appending(String(index)) }

    /// RFC 6901 text: `/a/0`, with `~` and `/` escaped; empty for the whole document.
    public var description: String {
        tokens.map { "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined()
    }

    public static func == (lhs: JSONPointer, rhs: JSONPointer) -> Bool {
        lhs.tokens.count == rhs.tokens.count
            && zip(lhs.tokens, rhs.tokens).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    }

    public func hash(into hasher: inout Hasher) {
        for token in tokens {
            for byte in token.utf8 { hasher.combine(byte) }
            hasher.combine(UInt8(0xFF))
        }
    }
}
