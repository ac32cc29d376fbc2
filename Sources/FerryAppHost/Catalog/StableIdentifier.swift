// SPDX-License-Identifier: Apache-2.0

import Crypto
import FerryWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Ids that follow from what they name, in the form of all ids.
enum StableIdentifier {
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

    static func make(_ text: String) -> String { make(Array(text.utf8)) }

    /// The first 130 bits of the SHA-256 of the bytes.
    static func make(_ bytes: [UInt8]) -> String {
        var bits: UInt64 = 0
        var count = 0
        var text: [UInt8] = []
        for byte in SHA256.hash(data: bytes) {
            bits = bits << 8 | UInt64(byte)
            count += 8
            while count >= 5, text.count < Identifier.length {
                count -= 5
                text.append(alphabet[Int(bits >> UInt64(count) & 31)])
            }
            bits &= (1 << UInt64(count)) - 1
            if text.count == Identifier.length { break }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
