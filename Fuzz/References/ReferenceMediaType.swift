// SPDX-License-Identifier: Apache-2.0

/// Media types by the letter of their standards.
package enum ReferenceMediaType {
    /// The essence of an acceptable text, by the letter of RFC 9110 section 8.3.1 and the limits of `MediaType`.
    package static func essence(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        guard bytes.count <= 255 else { return nil }
        for byte in bytes where byte < 0x20 || byte > 0x7E || byte == UInt8(ascii: ",") { return nil }
        var head = bytes.prefix { $0 != UInt8(ascii: ";") }
        while head.first == 0x20 { head = head.dropFirst() }
        while head.last == 0x20 { head = head.dropLast() }
        var tokens: [[UInt8]] = [[]]
        for byte in head {
            if byte == UInt8(ascii: "/") {
                tokens.append([])
            } else if isTokenByte[Int(byte)] {
                let isUpper = byte >= 0x41 && byte <= 0x5A
                tokens[tokens.count - 1].append(isUpper ? byte + 0x20 : byte)
            } else {
                return nil
            }
        }
        guard tokens.count == 2, !tokens.contains([]), !tokens.contains([UInt8(ascii: "*")]) else { return nil }
        return String(decoding: tokens[0] + [UInt8(ascii: "/")] + tokens[1], as: UTF8.self)
    }

    /// RFC 9110 section 5.6.2, as those visible characters that are no delimiter.
    private static let isTokenByte = (0...UInt8.max).map { byte in
        byte > 0x20 && byte < 0x7F && !"\"(),/:;<=>?@[\\]{}".utf8.contains(byte)
    }

    /// Kinds of markup and script by the names that the standard for sniffing gives them.
    package static func isRunByBrowsers(_ essence: String) -> Bool {
        let scripts = ["javascript", "x-javascript", "ecmascript", "x-ecmascript"]
        return ["text/html", "text/xml", "application/xml", "text/xsl", "application/pdf"].contains(essence)
            || scripts.contains { essence == "text/\($0)" || essence == "application/\($0)" }
            || essence.utf8.suffix(4).elementsEqual("+xml".utf8)
            || essence.utf8.starts(with: "multipart/".utf8)
    }
}
