// SPDX-License-Identifier: Apache-2.0

import FerryWire
import NIOHTTP1

/// The SHA-256 of a whole file as headers and records tell it.
enum ReprDigest {
    /// Bytes of a SHA-256.
    private static let length = 32

    /// The digest in a `Repr-Digest` header (RFC 9530), whatever else stands beside it.
    static func sha256(in headers: HTTPHeaders) -> [UInt8]? {
        for member in headers[canonicalForm: "repr-digest"] {
            guard let equals = member.firstIndex(of: "="), member[..<equals].lowercased() == "sha-256" else { continue }
            let value = member[member.index(after: equals)...]
            guard value.first == ":", let end = value.dropFirst().firstIndex(of: ":") else { continue }
            let digits = value[value.index(after: value.startIndex)..<end]
            if let digest = Base64.decode(strict: Array(digits.utf8)), digest.count == length { return digest }
        }
        return nil
    }

    /// The digest in hexadecimal, as records carry it.
    static func sha256(hexadecimal text: String?) -> [UInt8]? {
        guard let text, text.utf8.count == 2 * length else { return nil }
        var digest: [UInt8] = []
        var high: UInt8?
        for byte in text.utf8 {
            guard let value = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            if let first = high {
                digest.append(first << 4 | UInt8(value))
                high = nil
            } else {
                high = UInt8(value)
            }
        }
        return digest
    }
}
