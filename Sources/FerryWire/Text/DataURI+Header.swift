// SPDX-License-Identifier: Apache-2.0

extension DataURI {
    /// The part of a data URI before its payload.
    public struct Header: Sendable, Hashable {
        /// The media type; `text/plain` when omitted or unusable.
        public let mediaType: MediaType
        /// Whether the payload is base 64, percent-encoded or not.
        public let isBase64: Bool
        /// Whether the text itself names a usable type.
        public let hasExplicitType: Bool
        /// Bytes of UTF-8 before the payload, with the comma.
        public let payloadOffset: Int
        /// Whether nothing in it had to be forgiven.
        let isStrict: Bool

        /// Reads the header; what stands behind the comma is not looked at.
        ///
        /// - Throws: ``DataURI/Invalid`` without `data:` or a comma, and for a media type over 255 bytes.
        public init(_ text: String) throws(Invalid) { try self.init(utf8: text.utf8) }

        /// Reads the header of a URI of which at least the first ``DataURI/maximumHeaderLength`` bytes are given.
        ///
        /// - Throws: ``DataURI/Invalid`` without `data:` or a comma, and for a media type over 255 bytes.
        public init(utf8 text: some Collection<UInt8>) throws(Invalid) {
            guard DataURI.hasScheme(text) else { throw Invalid(reason: "it does not begin with data:") }
            let prefix = Array(text.prefix(DataURI.maximumHeaderLength))
            guard let comma = prefix.firstIndex(of: UInt8(ascii: ",")) else {
                throw Invalid(reason: "there is no comma within the first \(DataURI.maximumHeaderLength) bytes")
            }
            payloadOffset = comma + 1
            let given = prefix[5..<comma]
            var header = Self.normalized(given)
            isBase64 = Self.removeMarker(from: &header)
            let isOmitted = header.isEmpty || header.first == UInt8(ascii: ";")
            let syntax = MediaTypeSyntax(isOmitted ? Array("text/plain".utf8) + header : header)
            let serialized = syntax?.serialized ?? []
            guard serialized.count <= MediaType.maximumLength else {
                throw Invalid(reason: "its media type is longer than \(MediaType.maximumLength) bytes")
            }
            // A type with a line end or NUL in it is an attempt at something else: it is dropped whole.
            let isHostile = given.contains { $0 == 0 || $0 == 0x0A || $0 == 0x0D }
            let type = isHostile ? nil : MediaType(String(decoding: serialized, as: UTF8.self))
            mediaType = type ?? .plainText
            hasExplicitType = type != nil && !isOmitted
            isStrict = type != nil && syntax?.isExact == true && Self.isPlain(given)
        }

        /// As a browser's address parser does: tabs and line ends go, what is no visible ASCII is escaped, space around
        /// is cut off.
        private static func normalized(_ given: ArraySlice<UInt8>) -> [UInt8] {
            let digits = Array("0123456789ABCDEF".utf8)
            var header: [UInt8] = []
            for byte in given {
                switch byte {
                case 0x09, 0x0A, 0x0D: continue
                case 0x20...0x7E: header.append(byte)
                default: header += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
                }
            }
            while header.last == 0x20 { header.removeLast() }
            return Array(header.drop { $0 == 0x20 })
        }

        /// Removes `;base64` from the end, in any case, with spaces behind the semicolon; false if it is not there.
        private static func removeMarker(from header: inout [UInt8]) -> Bool {
            guard DataURI.isEqual(header.suffix(6), "base64") else { return false }
            var rest = header.dropLast(6)
            while rest.last == 0x20 { rest.removeLast() }
            guard rest.popLast() == UInt8(ascii: ";") else { return false }
            header = Array(rest)
            return true
        }

        /// Visible ASCII, with spaces only behind semicolons.
        private static func isPlain(_ given: ArraySlice<UInt8>) -> Bool {
            var mayBeSpace = false
            for byte in given {
                guard (0x21...0x7E).contains(byte) || byte == 0x20 && mayBeSpace else { return false }
                mayBeSpace = byte == UInt8(ascii: ";") || byte == 0x20
            }
            return true
        }
    }
}
