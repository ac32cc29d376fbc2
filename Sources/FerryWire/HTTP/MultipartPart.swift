// SPDX-License-Identifier: Apache-2.0

/// What the headers of a form's part say.
package struct MultipartPart: Sendable, Hashable {
    /// The field's name.
    package let name: String
    /// The file's name as its sender gave it, if the part is a file.
    package let filename: String?
    /// The part's own media type as its sender gave it.
    package let contentType: String?

    /// Reads a block of headers with the empty line at its end.
    ///
    /// - Throws: ``MultipartError`` unless there is one disposition, of a form's field with a name.
    init(headers: [UInt8]) throws(MultipartError) {
        var disposition: [UInt8]?
        var contentType: [UInt8]?
        for line in try Self.lines(headers) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
                line[..<colon].allSatisfy({ (0x21...0x7E).contains($0) })
            else { throw MultipartError("a part of the form has a malformed header") }
            let value = HeaderParameters.trimmed(line[(colon + 1)...])
            switch String(decoding: line[..<colon], as: UTF8.self).lowercased() {
            case "content-disposition":
                guard disposition == nil else { throw MultipartError("a part of the form has two dispositions") }
                disposition = value
            case "content-type": contentType = value
            case "content-transfer-encoding":
                let encoding = String(decoding: value, as: UTF8.self).lowercased()
                guard ["7bit", "8bit", "binary"].contains(encoding) else {
                    throw MultipartError("a part of the form is encoded for transfer; send its bytes as they are")
                }
            default: break
            }
        }
        guard let disposition, let header = HeaderParameters(disposition), header.value == "form-data" else {
            throw MultipartError("a part of the form lacks Content-Disposition: form-data; name=…")
        }
        guard let name = try Self.text(header, "name"), !name.utf8.isEmpty else {
            throw MultipartError("a part of the form has no name")
        }
        self.name = name
        if let extended = try Self.extended(header) {
            filename = extended
        } else {
            filename = try Self.text(header, "filename").map(Self.unescaped)
        }
        self.contentType = contentType.flatMap { String(validating: $0, as: UTF8.self) }
    }

    private static func lines(_ headers: [UInt8]) throws(MultipartError) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var rest = headers[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            var line = rest[..<end]
            rest = rest[(end + 1)...]
            guard line.popLast() == UInt8(ascii: "\r"), !line.contains(UInt8(ascii: "\r")), !line.contains(0) else {
                throw MultipartError("a part of the form has a header with a stray line break or NUL")
            }
            if line.isEmpty { break }
            lines.append(line)
        }
        return lines
    }

    private static func text(_ header: HeaderParameters, _ name: String) throws(MultipartError) -> String? {
        let values = header.parameters.filter { $0.name == name }
        guard values.count <= 1 else { throw MultipartError("a part of the form says its \(name) twice") }
        guard let value = values.first?.value else { return nil }
        guard let text = String(validating: value, as: UTF8.self) else {
            throw MultipartError("a \(name) in the form is not UTF-8")
        }
        return text
    }

    /// The name in its extended form (RFC 8187), which goes before the plain one; nil if it is of another character set.
    private static func extended(_ header: HeaderParameters) throws(MultipartError) -> String? {
        guard let text = try text(header, "filename*") else { return nil }
        let parts = text.utf8.split(separator: UInt8(ascii: "'"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, String(decoding: parts[0], as: UTF8.self).lowercased() == "utf-8" else { return nil }
        let bytes = PercentEncoding.decode(Array(parts[2]))
        guard let name = String(validating: bytes, as: UTF8.self) else {
            throw MultipartError("a filename* in the form is not UTF-8")
        }
        return name
    }

    /// Browsers write a quotation mark as `%22`; every other escape is the name's own.
    private static func unescaped(_ name: String) -> String {
        // By bytes: a mark that joins the last digit must not hide it.
        String(decoding: Array(name.utf8).replacing(Array("%22".utf8), with: [UInt8(ascii: "\"")]), as: UTF8.self)
    }
}

extension MultipartParser {
    /// The boundary of a body, from its media type.
    ///
    /// - Throws: ``MultipartError`` unless it is `multipart/form-data` with a boundary of 1 to 70 characters.
    package static func boundary(ofContentType header: String) throws(MultipartError) -> [UInt8] {
        guard let header = HeaderParameters(Array(header.utf8)), header.value == "multipart/form-data" else {
            throw MultipartError("the body is no multipart/form-data")
        }
        let boundaries = header.parameters.filter { $0.name == "boundary" }
        guard boundaries.count == 1, let boundary = boundaries.first?.value else {
            throw MultipartError("the form's Content-Type must name one boundary")
        }
        guard (1...70).contains(boundary.count), boundary.last != 0x20, boundary.allSatisfy(isBoundaryCharacter) else {
            throw MultipartError("the form's boundary must be 1 to 70 characters of those RFC 2046 allows")
        }
        return boundary
    }

    /// Whether a request's body claims to be a form.
    package static func isForm(contentType header: String?) -> Bool {
        let essence = (header ?? "").utf8.prefix { $0 != UInt8(ascii: ";") }
        return String(decoding: HeaderParameters.trimmed(essence), as: UTF8.self).lowercased() == "multipart/form-data"
    }

    private static func isBoundaryCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: "'()+_,-./:=? ".utf8.contains(byte)
        }
    }
}
