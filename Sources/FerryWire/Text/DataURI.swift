// SPDX-License-Identifier: Apache-2.0

/// A `data:` URI (RFC 2397, read by the rules of the WHATWG fetch standard, with URL-safe base 64 accepted too).
public struct DataURI: Sendable, Hashable {
    /// The media type; `text/plain` when omitted or unusable.
    public var mediaType: MediaType
    /// The bytes.
    public var bytes: [UInt8]

    /// Why text is no data URI. The payload is never part of it.
    public struct Invalid: Error, Sendable, Hashable, CustomStringConvertible {
        /// In words.
        public let reason: String
        public var description: String { "Invalid data URI format: \(reason)" }
    }

    /// Most bytes before the comma.
    public static let maximumHeaderLength = 4096

    /// Whether the text begins with `data:`, in any case.
    public static func hasScheme(_ text: String) -> Bool {
        isEqual(text.utf8.prefix(5), "data:")
    }

    /// Whether the text is a data URI beyond doubt: it names a media type with a slash or ends its header with
    /// `;base64`, and decodes. Prose that begins with `data:` is not, nor is anything with a space behind the colon.
    public static func isStrictlyWellFormed(_ text: String) -> Bool {
        guard let header = try? Header(text), text.utf8.dropFirst(5).first != 0x20 else { return false }
        guard header.isBase64 else { return header.hasExplicitType }
        return (try? DataURI(text, maximumSize: .max)) != nil
    }

    /// Whether bytes are that lower-case text, ASCII letters in either case.
    private static func isEqual(_ bytes: some Collection<UInt8>, _ text: StaticString) -> Bool {
        let lowered = bytes.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
        return lowered.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Reads a data URI.
    ///
    /// - Parameter maximumSize: most bytes it may decode to, checked before decoding.
    /// - Throws: ``Invalid``.
    public init(_ text: String, maximumSize: Int) throws(Invalid) {
        let header = try Header(text)
        let body = text.utf8.dropFirst(header.length)
        // A percent escape takes three bytes for one, base64 four for three.
        let atLeast = header.isBase64 ? body.count / 4 : body.count / 3
        guard atLeast <= maximumSize else { throw Invalid(reason: "larger than \(maximumSize) bytes") }
        let decoded = PercentEncoding.decode(Array(body))
        mediaType = header.mediaType
        if header.isBase64 {
            guard let bytes = Base64.decode(forgiving: decoded) else {
                throw Invalid(reason: "the part after the comma is not base64")
            }
            self.bytes = bytes
        } else {
            bytes = decoded
        }
        guard bytes.count <= maximumSize else { throw Invalid(reason: "larger than \(maximumSize) bytes") }
    }

    /// The part before the comma.
    private struct Header {
        var mediaType: MediaType
        var isBase64: Bool
        var hasExplicitType: Bool
        /// Bytes up to and with the comma.
        var length: Int

        init(_ text: String) throws(Invalid) {
            guard DataURI.hasScheme(text) else { throw Invalid(reason: "it does not begin with data:") }
            let prefix = Array(text.utf8.prefix(DataURI.maximumHeaderLength))
            guard let comma = prefix.firstIndex(of: UInt8(ascii: ",")) else {
                throw Invalid(reason: "no comma within the first \(DataURI.maximumHeaderLength) bytes")
            }
            length = comma + 1
            var header = Array(prefix[5..<comma])
            while header.last == 0x20 { header.removeLast() }
            isBase64 = false
            if DataURI.isEqual(header.suffix(6), "base64") {
                var rest = header.dropLast(6)
                while rest.last == 0x20 { rest.removeLast() }
                if rest.last == UInt8(ascii: ";") {
                    isBase64 = true
                    header = Array(rest.dropLast())
                }
            }
            let type = String(decoding: header, as: UTF8.self)
            let explicit = MediaType(type)
            hasExplicitType = explicit != nil
            mediaType =
                explicit ?? (type.utf8.first == UInt8(ascii: ";") ? MediaType("text/plain" + type) : nil)
                ?? .plainText
        }
    }
}
