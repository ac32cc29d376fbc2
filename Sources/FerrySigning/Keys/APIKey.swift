// SPDX-License-Identifier: Apache-2.0

import Crypto

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The text of API keys: `inf_`, 256 random bits and a check sum, in lower-case base 32 (RFC 4648 alphabet).
///
/// The check sum tells a mistyped or cut key, and lets scanners of leaked secrets find keys with few false alarms. It
/// protects nothing.
package enum APIKey {
    /// What every key begins with.
    package static let prefix = "inf_"
    /// Bytes of a key.
    package static let length = 62
    private static let randomLength = 52
    private static let checkLength = 6

    /// A new key.
    package static func generate() -> String {
        var generator = SystemRandomNumberGenerator()
        return generate(using: &generator)
    }

    /// A new key out of the given source of randomness, which must be fit for secrets.
    package static func generate(using generator: inout some RandomNumberGenerator) -> String {
        var bytes: [UInt8] = []
        for _ in 0..<4 {
            let word: UInt64 = generator.next()
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
        }
        let body = prefix + Base32.encode(bytes)
        return body + check(body)
    }

    /// Whether the text can be a key that ``generate()`` made.
    package static func isWellFormed(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == length, bytes.starts(with: prefix.utf8) else { return false }
        let body = String(decoding: bytes.prefix(prefix.utf8.count + randomLength), as: UTF8.self)
        return bytes.suffix(checkLength).elementsEqual(check(body).utf8)
    }

    private static func check(_ body: String) -> String {
        let digest = Array(SHA256.hash(data: Array(body.utf8)))
        return String(decoding: Base32.encode(digest).utf8.prefix(checkLength), as: UTF8.self)
    }
}
