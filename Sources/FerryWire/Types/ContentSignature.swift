// SPDX-License-Identifier: Apache-2.0

/// A media type known by the bytes a file begins with.
package struct ContentSignature: Sendable, Hashable {
    /// The media type those bytes stand for, without parameters.
    package let mediaType: String

    /// What the beginning of a file stands for; nil when nothing is recognised.
    package static func detect(_ head: [UInt8]) -> ContentSignature? {
        if let row = rows.first(where: { $0.matches(head) }) {
            return ContentSignature(mediaType: refinement[row.mediaType]?(head) ?? row.mediaType)
        }
        return irregular(head).map(ContentSignature.init)
    }

    /// Whether files of the given type may begin like this, so that only the name tells.
    package func isContainer(of type: String) -> Bool {
        Self.contained[mediaType]?.contains { pattern in
            if pattern.utf8.first == UInt8(ascii: "*") { return type.hasSuffix(pattern.dropFirst()) }
            if pattern.utf8.last == UInt8(ascii: "*") { return type.hasPrefix(pattern.dropLast()) }
            return type == pattern
        } ?? false
    }

    /// Whether files of this type always have a signature, and are never text.
    static func isNeverText(_ type: String) -> Bool { binaryTypes.contains(type) }

    private static let binaryTypes: Set<String> = {
        let textual: Set<String> = [
            "application/rtf", "application/postscript", "application/pdf", "image/svg+xml-compressed",
        ]
        let irregular = ["image/avif", "image/heic", "image/heif", "image/x-icon", "video/mp4"]
        return Set(rows.map(\.mediaType) + contained.values.joined() + irregular).subtracting(textual)
    }()

    /// One signature.
    struct Row: Sendable {
        let mediaType: String
        let bytes: [UInt8]
        var offset = 0
        /// More bytes that must stand elsewhere.
        var also: (offset: Int, bytes: [UInt8])?

        /// A signature of bytes.
        init(_ mediaType: String, _ bytes: [UInt8], at offset: Int = 0, also: (Int, [UInt8])? = nil) {
            self.mediaType = mediaType
            self.bytes = bytes
            self.offset = offset
            self.also = also.map { (offset: $0.0, bytes: $0.1) }
        }

        /// A signature of ASCII text.
        init(_ mediaType: String, _ text: String, at offset: Int = 0, also: (Int, String)? = nil) {
            self.init(mediaType, Array(text.utf8), at: offset, also: also.map { ($0.0, Array($0.1.utf8)) })
        }

        func matches(_ head: [UInt8]) -> Bool {
            head.dropFirst(offset).starts(with: bytes)
                && (also.map { head.dropFirst($0.offset).starts(with: $0.bytes) } ?? true)
        }
    }
}
