// SPDX-License-Identifier: Apache-2.0

import FerryWire
import NIOCore

/// The content of a data URI or of base64 text, decoded piece by piece: beside the text only a piece is in memory.
struct InlineContent: Sendable {
    /// Text longer than so many times the limit is refused unseen; no sensible spelling of content is so long.
    private static let longestSpelling = 4

    private enum Coding: Sendable {
        case dataURI(DataURI.Header)
        case base64
    }

    private let text: String
    private let coding: Coding
    /// Bytes it decodes to.
    let size: Int

    private init(_ text: String, _ coding: Coding, size: Int) {
        // Text out of Objective-C is copied here, once; all other text is in one piece already.
        var text = text
        text.makeContiguousUTF8()
        self.text = text
        self.coding = coding
        self.size = size
    }

    /// The content of a data URI, checked to its end. Takes time by its length.
    ///
    /// - Throws: ``FerryError`` (`invalidDataURI`, `limitExceeded`).
    init(dataURI text: String, upTo maximumSize: Int) throws(FerryError) {
        let header: DataURI.Header
        let size: Int
        do throws(DataURI.Invalid) {
            header = try DataURI.Header(text)
            let length = text.utf8.count - header.payloadOffset
            size = length / Self.longestSpelling > maximumSize ? .max : try DataURI.decodedSize(of: text)
        } catch {
            throw FerryError(.invalidDataURI, "\(error)", underlying: error)
        }
        guard size <= maximumSize else { throw Self.tooLarge("data: URI", maximumSize) }
        self.init(text, .dataURI(header), size: size)
    }

    /// The content of base64 text, standard alphabet with padding, checked to its end. Takes time by its length.
    ///
    /// - Throws: ``FerryError`` (`invalidInput`, `limitExceeded`).
    init(base64 text: String, upTo maximumSize: Int) throws(FerryError) {
        guard text.utf8.count / Self.longestSpelling <= maximumSize else {
            throw Self.tooLarge("base64 text", maximumSize)
        }
        guard !text.isEmpty, let size = Base64.decodedSize(text.utf8, form: .strict) else {
            throw FerryError(
                .invalidInput,
                "the text is neither a data: URI nor base64; to upload a file use upload(path:), to upload the text "
                    + "itself pass its bytes")
        }
        guard size <= maximumSize else { throw Self.tooLarge("base64 text", maximumSize) }
        self.init(text, .base64, size: size)
    }

    private static func tooLarge(_ what: String, _ maximumSize: Int) -> FerryError {
        FerryError(
            .limitExceeded,
            "the \(what) holds more than \(maximumSize) bytes, the limit (maximumInlineSize); upload a file instead")
    }

    /// The media type that the text itself states; nil if it is base64 alone.
    var mediaType: MediaType? {
        if case .dataURI(let header) = coding { header.mediaType } else { nil }
    }

    /// The first bytes, at most that many.
    func head(_ count: Int) -> [UInt8] {
        var pieces = pieces(of: count * 2)
        var head: [UInt8] = []
        // The text was checked when this was made.
        while head.count < count, let piece = try? pieces.next() { head += piece.readableBytesView }
        return Array(head.prefix(count))
    }

    /// The content from its beginning, in pieces that come from so many bytes of text each.
    func pieces(of length: Int) -> Pieces { Pieces(self, length: length) }

    /// Goes through the content.
    struct Pieces: Sendable {
        private let text: String
        private let length: Int
        private var offset: Int
        private var decoder: Decoder
        private var isFinished = false

        private enum Decoder: Sendable {
            case dataURI(DataURIDecoder)
            case base64(Base64.Decoder)

            mutating func decode(_ text: Substring.UTF8View) throws -> [UInt8] {
                switch self {
                case .dataURI(var decoder):
                    defer { self = .dataURI(decoder) }
                    return try decoder.decode(text)
                case .base64(var decoder):
                    defer { self = .base64(decoder) }
                    return try decoder.decode(text)
                }
            }

            mutating func finish() throws -> [UInt8] {
                switch self {
                case .dataURI(var decoder): try decoder.finish()
                case .base64(var decoder): try decoder.finish()
                }
            }
        }

        fileprivate init(_ content: InlineContent, length: Int) {
            text = content.text
            self.length = max(1, length)
            switch content.coding {
            case .dataURI(let header):
                offset = header.payloadOffset
                decoder = .dataURI(DataURIDecoder(header))
            case .base64:
                offset = 0
                decoder = .base64(Base64.Decoder(.strict))
            }
        }

        /// The next bytes, never none; nil at the end.
        ///
        /// - Throws: what is wrong with the text, which making the content has ruled out.
        mutating func next() throws -> ByteBuffer? {
            let bytes = text.utf8
            while offset < bytes.count {
                // Both steps are made at once, for the text is contiguous UTF-8.
                let start = bytes.index(bytes.startIndex, offsetBy: offset)
                let end = bytes.index(start, offsetBy: min(length, bytes.count - offset))
                offset = min(bytes.count, offset + length)
                let decoded = try decoder.decode(bytes[start..<end])
                if !decoded.isEmpty { return ByteBuffer(bytes: decoded) }
            }
            guard !isFinished else { return nil }
            isFinished = true
            let rest = try decoder.finish()
            return rest.isEmpty ? nil : ByteBuffer(bytes: rest)
        }
    }
}
