// SPDX-License-Identifier: Apache-2.0

/// The `Content-Disposition` header (RFC 6266, RFC 8187).
public enum ContentDisposition {
    /// A header value that names the file in ASCII for old clients and in UTF-8 for all others.
    ///
    /// - Parameters:
    ///   - filename: a label; control characters are dropped.
    ///   - isInline: whether a browser may show the content rather than save it.
    public static func header(filename: String, isInline: Bool) -> String {
        var fallback: [UInt8] = []
        var needsExtended = false
        for scalar in filename.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                // Not every client undoes the backslash.
                needsExtended = true
                fallback += [UInt8(ascii: "\\"), UInt8(truncatingIfNeeded: scalar.value)]
            case "\u{20}"..."\u{7E}":
                // A percent sign in the plain form is decoded by some clients and not by others.
                if scalar == "%" { needsExtended = true }
                fallback.append(UInt8(truncatingIfNeeded: scalar.value))
            case "\u{0}"..."\u{1F}", "\u{7F}": continue
            default:
                needsExtended = true
                fallback.append(UInt8(ascii: "_"))
            }
        }
        var value = "\(isInline ? "inline" : "attachment"); filename=\"\(String(decoding: fallback, as: UTF8.self))\""
        if needsExtended {
            let printable = String(
                String.UnicodeScalarView(filename.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
            value += "; filename*=UTF-8''\(PercentEncoding.encode(printable, keeping: "!#$&+^`|"))"
        }
        return value
    }

    /// The file name a header value gives: `filename*` if it is well-formed, else `filename`; nil if there is none.
    public static func filename(in header: String) -> String? {
        var plain: String?
        for parameter in parameters(of: header) {
            if parameter.name == "filename*" {
                let parts = parameter.value.utf8
                    .split(separator: UInt8(ascii: "'"), maxSplits: 2, omittingEmptySubsequences: false)
                if parts.count == 3, String(decoding: parts[0], as: UTF8.self).lowercased() == "utf-8",
                    let decoded = String(validating: PercentEncoding.decode(parts[2]), as: UTF8.self)
                {
                    return decoded
                }
            } else if parameter.name == "filename" {
                plain = parameter.value
            }
        }
        return plain
    }

    private static func parameters(of header: String) -> [(name: String, value: String)] {
        var result: [(String, String)] = []
        var rest = Array(header.utf8)[...]
        rest = rest.drop { $0 != UInt8(ascii: ";") }
        while rest.popFirst() != nil {
            let name = rest.prefix { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ";") }
            rest = rest.dropFirst(name.count)
            // Without a value the semicolon stays for the next one.
            guard rest.first == UInt8(ascii: "=") else { continue }
            rest.removeFirst()
            rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
            var value: [UInt8] = []
            if rest.first == UInt8(ascii: "\"") {
                rest.removeFirst()
                while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
                    if byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() {
                        value.append(escaped)
                    } else {
                        value.append(byte)
                    }
                }
                rest = rest.drop { $0 != UInt8(ascii: ";") }
            } else {
                value = Array(rest.prefix { $0 != UInt8(ascii: ";") })
                rest = rest.dropFirst(value.count)
                while value.last == 0x20 { value.removeLast() }
            }
            let key = String(decoding: name, as: UTF8.self).lowercased().replacing(" ", with: "")
            result.append((key, String(decoding: value, as: UTF8.self)))
        }
        return result
    }
}
