// SPDX-License-Identifier: Apache-2.0

/// A header's value with its parameters: `value; name=token; name="quoted"`.
struct HeaderParameters {
    /// What stands before the first parameter, lower-case.
    let value: String
    /// Names, lower-case, and values without quotes, in order.
    private(set) var parameters: [(name: String, value: [UInt8])] = []

    /// Reads a header; nil if it is malformed.
    ///
    /// In quotes a backslash escapes a quotation mark or a backslash and stands for itself before anything else, since
    /// some senders write Windows paths there.
    init?(_ header: [UInt8]) {
        let (semicolon, equals, quote, backslash) = (0x3B as UInt8, 0x3D as UInt8, 0x22 as UInt8, 0x5C as UInt8)
        var rest = header[...]
        value = String(decoding: Self.trimmed(rest.prefix { $0 != semicolon }), as: UTF8.self).lowercased()
        rest = rest.drop { $0 != semicolon }
        while rest.popFirst() != nil {
            rest = rest.drop(while: Self.isSpace)
            // A semicolon at the end is forgiven.
            if rest.isEmpty { break }
            let name = rest.prefix { $0 != equals && $0 != semicolon }
            rest = rest.dropFirst(name.count)
            let key = String(decoding: Self.trimmed(name), as: UTF8.self).lowercased()
            guard !key.isEmpty, rest.popFirst() == equals else { return nil }
            rest = rest.drop(while: Self.isSpace)
            var text: [UInt8] = []
            if rest.first == quote {
                rest.removeFirst()
                var isClosed = false
                while let byte = rest.popFirst() {
                    if byte == quote {
                        isClosed = true
                        break
                    }
                    if byte == backslash, let next = rest.first, next == quote || next == backslash {
                        text.append(next)
                        rest.removeFirst()
                    } else {
                        text.append(byte)
                    }
                }
                rest = rest.drop(while: Self.isSpace)
                guard isClosed, rest.first.map({ $0 == semicolon }) ?? true else { return nil }
            } else {
                text = Self.trimmed(rest.prefix { $0 != semicolon })
                guard !text.contains(where: { Self.isSpace($0) || $0 == quote }) else { return nil }
                rest = rest.drop { $0 != semicolon }
            }
            parameters.append((key, text))
        }
    }

    /// Without spaces and tabs at its ends.
    static func trimmed(_ bytes: some BidirectionalCollection<UInt8>) -> [UInt8] {
        var rest = Array(bytes)[...]
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        return Array(rest.drop(while: isSpace))
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
