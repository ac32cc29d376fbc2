// SPDX-License-Identifier: Apache-2.0

/// A `data:` URI (RFC 2397, read by the rules of the WHATWG fetch standard).
///
/// Four things differ from a browser: the URL-safe alphabet of base 64 is accepted too, an omitted type is
/// `text/plain` without a character set, `#` and line ends are data, and `//` behind the colon begins no host.
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

        static func tooLarge(_ maximumSize: Int) -> Self {
            Self(reason: "it decodes to more than \(maximumSize) bytes, the limit; send the bytes as a file")
        }
    }

    /// Most bytes before the comma.
    public static let maximumHeaderLength = 4096

    /// Whether the text begins with `data:`, in any case.
    public static func hasScheme(_ text: String) -> Bool { hasScheme(text.utf8) }

    static func hasScheme(_ text: some Collection<UInt8>) -> Bool { isEqual(text.prefix(5), "data:") }

    /// Whether bytes are that lower-case text, ASCII letters in either case.
    static func isEqual(_ bytes: some Collection<UInt8>, _ text: StaticString) -> Bool {
        let lowered = bytes.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
        return lowered.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Whether the text is a data URI beyond doubt: it names a media type with a slash or ends its header with
    /// `;base64`, its parameters make sense, and it decodes.
    ///
    /// Prose that begins with `data:` is not, nor is anything with white space in its header but behind a semicolon.
    /// Takes time by the length of the text and a few kilobytes of memory.
    public static func isStrictlyWellFormed(_ text: String) -> Bool {
        guard let header = try? Header(text), header.isStrict else { return false }
        guard header.isBase64 else { return header.hasExplicitType }
        return (try? decodedSize(text, header, upTo: .max)) != nil
    }

    /// Bytes that a data URI decodes to, in a few kilobytes of memory.
    ///
    /// - Throws: ``Invalid``.
    public static func decodedSize(of text: String) throws(Invalid) -> Int {
        try decodedSize(text, try Header(text), upTo: .max)
    }

    /// - Throws: ``Invalid`` as soon as the size is beyond `maximumSize`.
    private static func decodedSize(_ text: String, _ header: Header, upTo maximumSize: Int) throws(Invalid) -> Int {
        let outcome: Result<Int, Invalid> = withBytes(of: text.utf8.dropFirst(header.payloadOffset)) { buffer in
            var decoder = DataURIDecoder(header, maximumSize: maximumSize)
            var size = 0
            withPieces(of: buffer) { piece, scratch in
                size += decoder.run(piece, into: scratch)
                return decoder.failure == nil
            }
            return Result { () throws(Invalid) -> Int in
                let rest = try decoder.finish()
                return size + rest.count
            }
        }
        return try outcome.get()
    }

    /// Reads a data URI.
    ///
    /// - Parameter maximumSize: most bytes it may decode to, checked before decoding.
    /// - Throws: ``Invalid``.
    public init(_ text: String, maximumSize: Int) throws(Invalid) {
        let header = try Header(text)
        let payload = text.utf8.dropFirst(header.payloadOffset)
        let atMost = header.isBase64 ? (payload.count / 4 + 1) * 3 : payload.count
        // White space and escapes make fewer bytes than that: what may be too large is measured first.
        if atMost > maximumSize { _ = try Self.decodedSize(text, header, upTo: maximumSize) }
        var decoder = DataURIDecoder(header, maximumSize: maximumSize)
        bytes = try decoder.decode(payload)
        bytes.append(contentsOf: try decoder.finish())
        mediaType = header.mediaType
    }
}
