// SPDX-License-Identifier: Apache-2.0

/// A form's body taken apart as a whole, by looking for boundaries from each byte on.
package struct ReferenceForm {
    package struct Part {
        package let headers: [UInt8]
        package let data: [UInt8]
        /// What headers of the plainest kind say; nil for any other.
        package let plain: (name: String, filename: String?)?
    }

    package private(set) var parts: [Part] = []
    /// Whether the last boundary came.
    package private(set) var isClosed = false
    /// Bytes of headers whose end did not come.
    package private(set) var openHeaders = 0
    /// Bytes outside of the parts.
    package private(set) var padding = 0

    package init(_ body: [UInt8], boundary: [UInt8]) {
        let text = [0x0D, 0x0A] + body
        let delimiter = Array("\r\n--".utf8) + boundary
        guard var found = Self.boundary(in: text, from: 0, delimiter) else {
            padding = body.count
            return
        }
        padding = max(0, found.start - 2)
        while !found.isLast {
            guard let end = Self.headersEnd(text, from: found.end) else {
                openHeaders = text.count - found.end
                return
            }
            let headers = Array(text[found.end..<end])
            let next = Self.boundary(in: text, from: end, delimiter)
            let data = text[end..<(next?.start ?? text.count)]
            parts.append(Part(headers: headers, data: Array(data), plain: Self.plain(headers)))
            guard let next else { return }
            found = next
        }
        isClosed = true
        padding += text.count - found.end
    }

    private static func boundary(
        in text: [UInt8], from first: Int, _ delimiter: [UInt8]
    ) -> (start: Int, end: Int, isLast: Bool)? {
        for start in first..<max(first, text.count) where text[start...].starts(with: delimiter) {
            let line = text[(start + delimiter.count)...]
            if line.starts(with: "--".utf8) { return (start, line.startIndex + 2, true) }
            let spaces = line.prefix { $0 == 0x20 || $0 == 0x09 }.count
            if spaces < 64, line.dropFirst(spaces).starts(with: "\r\n".utf8) {
                return (start, line.startIndex + spaces + 2, false)
            }
        }
        return nil
    }

    /// Behind the empty line that ends headers; two bytes suffice when there are none.
    private static func headersEnd(_ text: [UInt8], from start: Int) -> Int? {
        if start + 2 <= text.count, text[start + 1] == 0x0A { return start + 2 }
        guard text.count >= start + 4 else { return nil }
        return (start...text.count - 4).first { text[$0..<$0 + 4].elementsEqual("\r\n\r\n".utf8) }.map { $0 + 4 }
    }

    /// One disposition with names of letters, digits and dots, and maybe a type.
    private static func plain(_ headers: [UInt8]) -> (name: String, filename: String?)? {
        var lines = String(decoding: headers, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
        guard lines.count >= 3, lines.removeLast().isEmpty, lines.removeLast().isEmpty else { return nil }
        let words = lines[0].split(separator: "; ", omittingEmptySubsequences: false)
        guard (2...3).contains(words.count), words[0] == "Content-Disposition: form-data",
            let name = quoted(words[1], "name"), !name.isEmpty
        else { return nil }
        guard lines.count == 1 || lines.count == 2 && lines[1] == "Content-Type: image/png" else { return nil }
        guard words.count == 3 else { return (name, nil) }
        return quoted(words[2], "filename").map { (name, $0) }
    }

    private static func quoted(_ word: Substring, _ key: String) -> String? {
        let text = word.utf8
        let head = "\(key)=\"".utf8
        guard text.count > head.count, text.starts(with: head), text.last == 0x22 else { return nil }
        let value = text.dropFirst(head.count).dropLast()
        let isPlain = value.allSatisfy { byte in
            byte >= 0x61 && byte <= 0x7A || byte >= 0x30 && byte <= 0x39 || byte == 0x2E
        }
        return isPlain ? String(decoding: value, as: UTF8.self) : nil
    }
}
