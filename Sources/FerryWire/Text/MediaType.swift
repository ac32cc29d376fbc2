// SPDX-License-Identifier: Apache-2.0

/// A media type (RFC 9110 section 8.3.1), kept as the text a header may carry.
public struct MediaType: Sendable, Hashable, CustomStringConvertible {
    /// Most bytes of a media type with its parameters.
    public static let maximumLength = 255
    /// Bytes of unknown kind.
    public static let octetStream = MediaType(unchecked: "application/octet-stream")
    /// UTF-8 text.
    public static let plainText = MediaType(unchecked: "text/plain")

    /// The text: `type/subtype`, lower-case, and parameters as given.
    public let description: String

    private init(unchecked text: String) { description = text }

    /// Reads a media type; nil unless it is `token/token` with optional parameters of visible ASCII.
    ///
    /// Wildcards, control characters, commas and more than ``maximumLength`` bytes are refused.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        // A comma would begin another type in a header, and browsers take the last one.
        guard bytes.count <= Self.maximumLength,
            bytes.allSatisfy({ (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: ",") })
        else { return nil }
        let end = bytes.firstIndex(of: UInt8(ascii: ";")) ?? bytes.endIndex
        let trimmed = Self.trim(bytes[..<end])
        let parts = trimmed.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(Self.isToken) }),
            !parts.contains(where: { $0.elementsEqual("*".utf8) })
        else { return nil }
        let essence = String(decoding: trimmed, as: UTF8.self).lowercased()
        let parameters = Self.trim(bytes[end...])
        description = essence + (parameters.count > 1 ? String(decoding: parameters, as: UTF8.self) : "")
    }

    /// `type/subtype` without parameters.
    public var essence: String {
        String(decoding: Self.trim(description.utf8.prefix { $0 != UInt8(ascii: ";") }), as: UTF8.self)
    }

    /// Whether a browser could run content of this type, or sniff it into something it runs.
    ///
    /// Everything but raster images, audio, video, fonts, JSON, CSV, ZIP, plain text and bytes of unknown kind counts as
    /// active.
    public var isActive: Bool {
        let essence = self.essence
        if ["image/svg+xml", "image/svg"].contains(essence) { return true }
        if ["image/", "audio/", "video/", "font/"].contains(where: { essence.utf8.starts(with: $0.utf8) }) {
            return essence.hasSuffix("+xml")
        }
        let inert = ["text/plain", "text/csv", "application/json", "application/octet-stream", "application/zip"]
        if essence == "text/plain", isSevenBitUnicode { return true }
        return !inert.contains(essence)
    }

    /// Whether the character set is UTF-7, in which plain letters can spell markup, however it is written.
    private var isSevenBitUnicode: Bool {
        let sets = MediaTypeSyntax(Array(description.utf8))?.parameters.map {
            String(decoding: $0.value, as: UTF8.self)
        }
        return ([description] + (sets ?? [])).contains { text in
            let text = text.lowercased()
            return text.contains("utf-7") || text.contains("utf7")
        }
    }

    private static func trim(_ bytes: some BidirectionalCollection<UInt8>) -> [UInt8] {
        var slice = Array(bytes)[...]
        while slice.first == 0x20 { slice.removeFirst() }
        while slice.last == 0x20 { slice.removeLast() }
        return Array(slice)
    }

    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
