// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// Understands the ways in which a stored file is named.
enum FileReferences {
    /// Most bytes of an id; ids of other servers are not of our own form.
    private static let maximumIDLength = 64

    /// The id in an id, an `inf://` or `inf-files://` address, or a content link of the given API.
    ///
    /// - Throws: ``FerryError`` (`invalidInput`).
    static func id(in text: String, base: WebAddress) throws -> String {
        if let id = idIfAny(in: text, base: base) { return id }
        throw FerryError(.invalidInput, "\(shown(text)) is neither a file's id nor its inf:// address")
    }

    /// The same, or nil.
    static func idIfAny(in text: String, base: WebAddress) -> String? {
        if FileURI.hasScheme(text) { return uriID(text) }
        if let address = WebAddress(text) { return linkID(address, base: base) }
        return isID(text) ? text : nil
    }

    /// The id in a content link of this API; nil for other addresses.
    static func linkID(_ address: WebAddress, base: WebAddress) -> String? {
        guard address.origin == base.origin else { return nil }
        let segments = address.path.split(separator: "/").map(String.init)
        let template = Routes.content.segments
        guard segments.count >= template.count else { return nil }
        let tail = segments.suffix(template.count)
        for (segment, expected) in zip(tail, template) where expected.utf8.first != UInt8(ascii: "{") {
            guard segment == expected else { return nil }
        }
        let position = template.firstIndex(of: "{id}").map { tail.startIndex + $0 }
        return position.map { tail[$0] }.flatMap { isID($0) ? $0 : nil }
    }

    private static func uriID(_ text: String) -> String? {
        let prefixes = ["inf://files/", "inf-files://files/", "inf-files://"]
        guard let prefix = prefixes.first(where: { text.utf8.starts(with: $0.utf8) }) else { return nil }
        let rest = text.utf8.dropFirst(prefix.utf8.count).prefix { $0 != UInt8(ascii: "/") }
        let id = String(decoding: rest, as: UTF8.self)
        return isID(id) ? id : nil
    }

    private static func isID(_ text: String) -> Bool {
        (1...maximumIDLength).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// A text as a message may show it: cut, and without the query, fragment and user of an address.
    static func shown(_ text: String) -> String {
        if DataURI.hasScheme(text) { return "a data: URI" }
        if let address = WebAddress(text) { return address.description }
        var scalars = Array(text.unicodeScalars.prefix { $0 != "?" })
        let mark = Array("://".unicodeScalars)
        if let scheme = scalars.firstRange(of: mark) {
            scalars = Array(scalars.prefix { $0 != "#" })
            let end = scalars[scheme.upperBound...].firstIndex(of: "/") ?? scalars.endIndex
            if let at = scalars[scheme.upperBound..<end].lastIndex(of: "@") {
                scalars.replaceSubrange(scheme.upperBound..<at, with: "…".unicodeScalars)
            }
        }
        return "\"\(String(String.UnicodeScalarView(scalars.prefix(60))))\""
    }
}
