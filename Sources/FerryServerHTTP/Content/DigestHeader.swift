// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire

/// `Content-Digest` and `Repr-Digest` (RFC 9530), SHA-256 only.
enum DigestHeader {
    /// The header's value for a digest in hexadecimal.
    static func value(sha256: String) -> String {
        var bytes: [UInt8] = []
        var rest = sha256.utf8[...]
        while rest.count >= 2 {
            bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
            rest = rest.dropFirst(2)
        }
        return "sha-256=:\(Base64.encode(bytes)):"
    }

    /// The SHA-256 a header gives, in hexadecimal; nil if it gives none.
    ///
    /// - Throws: ``ServerError`` if there is one but it is malformed: an upload that claims a digest must be held to it.
    static func sha256(in header: String) throws(ServerError) -> String? {
        for member in header.split(separator: ",") {
            let parts = member.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { part in
                String(part.drop { $0 == " " || $0 == "\t" })
            }
            guard parts[0].prefix(while: { $0 != " " && $0 != "\t" && $0 != ";" }).lowercased() == "sha-256" else {
                continue
            }
            var text = Array((parts.count > 1 ? parts[1] : "").utf8)
            while text.last == 0x20 { text.removeLast() }
            guard text.count > 2, text.first == UInt8(ascii: ":"), text.last == UInt8(ascii: ":"),
                let bytes = Base64.decode(strict: Array(text.dropFirst().dropLast())), bytes.count == 32
            else { throw ServerError(.invalidRequest, "malformed sha-256 digest; RFC 9530 wants sha-256=:<base64>:") }
            return bytes.hexadecimal
        }
        return nil
    }
}
