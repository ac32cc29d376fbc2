// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// A media type known by the bytes a file begins with.
struct ContentSignature: Sendable, Equatable {
    /// The media type those bytes stand for.
    let mediaType: String
    /// Whether the image library can read the dimensions.
    var isDecodableImage = false
    /// Types that are kept in this one, and told by the name only.
    var family: Set<String> = []

    /// What the beginning of a file stands for; nil when nothing is recognised.
    static func detect(_ head: [UInt8]) -> ContentSignature? {
        if let row = table.first(where: { $0.matches(head) }) { return row.signature }
        if head.count >= 12, head[4..<8].elementsEqual("ftyp".utf8) { return isoMedia(brand: Array(head[8..<12])) }
        if isSVG(head) { return ContentSignature(mediaType: "image/svg+xml") }
        return nil
    }

    /// The media type of a file: by its signature, then by its name unless the content gives the name the lie, then by
    /// whether it is text.
    static func contentType(signature: ContentSignature?, filename: String, isText: Bool) -> String {
        let named = MediaType(filename: filename)?.description
        if let signature {
            return named.flatMap { signature.family.contains($0) ? $0 : nil } ?? signature.mediaType
        }
        if let named, !signedTypes.contains(named) { return named }
        return isText ? MediaType.plainText.description : MediaType.octetStream.description
    }

    private struct Row: Sendable {
        let bytes: [UInt8]
        var offset = 0
        var second: (offset: Int, bytes: [UInt8])?
        let signature: ContentSignature

        func matches(_ head: [UInt8]) -> Bool {
            head.dropFirst(offset).starts(with: bytes)
                && (second.map { head.dropFirst($0.offset).starts(with: $0.bytes) } ?? true)
        }
    }

    private static func row(
        _ bytes: [UInt8], _ mediaType: String, offset: Int = 0, then second: (Int, String)? = nil,
        image: Bool = false, family: Set<String> = []
    ) -> Row {
        Row(
            bytes: bytes, offset: offset, second: second.map { ($0.0, Array($0.1.utf8)) },
            signature: ContentSignature(mediaType: mediaType, isDecodableImage: image, family: family))
    }

    private static let zipped: Set<String> = [
        "application/epub+zip",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet",
    ]

    private static let table: [Row] = [
        row([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "image/png", image: true),
        row([0xFF, 0xD8, 0xFF], "image/jpeg", image: true),
        row(Array("GIF87a".utf8), "image/gif", image: true), row(Array("GIF89a".utf8), "image/gif", image: true),
        row(Array("RIFF".utf8), "image/webp", then: (8, "WEBP"), image: true),
        row(Array("RIFF".utf8), "audio/wav", then: (8, "WAVE")),
        row(Array("RIFF".utf8), "video/x-msvideo", then: (8, "AVI ")),
        row([0x49, 0x49, 0x2A, 0], "image/tiff", image: true), row([0x4D, 0x4D, 0, 0x2A], "image/tiff", image: true),
        row([0x49, 0x49, 0x2B, 0], "image/tiff", image: true), row([0x4D, 0x4D, 0, 0x2B], "image/tiff", image: true),
        row([0xFF, 0x0A], "image/jxl"), row([0, 0, 0, 0x0C, 0x4A, 0x58, 0x4C, 0x20], "image/jxl"),
        row([0, 0, 1, 0], "image/x-icon"), row(Array("BM".utf8), "image/bmp", then: (6, "\0\0\0\0")),
        row(Array("%PDF-".utf8), "application/pdf"),
        row([0x50, 0x4B, 3, 4], "application/zip", family: zipped), row([0x50, 0x4B, 5, 6], "application/zip"),
        row([0x1F, 0x8B], "application/gzip"), row([0x28, 0xB5, 0x2F, 0xFD], "application/zstd"),
        row(Array("BZh".utf8), "application/x-bzip2"), row([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "application/x-xz"),
        row([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "application/x-7z-compressed"),
        row(Array("Rar!\u{1A}\u{07}".utf8), "application/vnd.rar"),
        row(Array("ustar".utf8), "application/x-tar", offset: 257),
        row(Array("fLaC".utf8), "audio/flac"), row(Array("ID3".utf8), "audio/mpeg"),
        row([0xFF, 0xFB], "audio/mpeg"), row([0xFF, 0xF3], "audio/mpeg"), row(Array("OggS".utf8), "audio/ogg"),
        row(Array("MThd".utf8), "audio/midi"),
        row([0x1A, 0x45, 0xDF, 0xA3], "video/x-matroska", family: ["video/webm", "audio/webm"]),
        row(Array("SQLite format 3\0".utf8), "application/x-sqlite3"), row([0, 0x61, 0x73, 0x6D], "application/wasm"),
        row(Array("{\\rtf".utf8), "application/rtf"), row(Array("glTF".utf8), "model/gltf-binary"),
        row(Array("wOFF".utf8), "font/woff"), row(Array("wOF2".utf8), "font/woff2"),
        row(Array("OTTO".utf8), "font/otf"), row([0, 1, 0, 0, 0], "font/ttf"),
        row(Array("PAR1".utf8), "application/vnd.apache.parquet"),
    ]

    /// Types that are always recognised by their bytes: a name alone does not make them.
    private static let signedTypes: Set<String> = {
        let image = ["image/heic", "image/heif", "image/avif", "image/svg+xml"]
        let listed = table.map(\.signature).flatMap { [$0.mediaType] + Array($0.family) }
        return Set(listed + image).subtracting(["application/x-tar", "audio/mpeg", "font/ttf"])
    }()

    /// MP4 and its relatives, by their major brand.
    private static func isoMedia(brand: [UInt8]) -> ContentSignature {
        switch String(decoding: brand, as: UTF8.self) {
        case "avif", "avis": ContentSignature(mediaType: "image/avif", isDecodableImage: true)
        case "heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs":
            ContentSignature(mediaType: "image/heic", isDecodableImage: true)
        case "mif1", "msf1":
            ContentSignature(
                mediaType: "image/heif", isDecodableImage: true, family: ["image/heic", "image/avif"])
        case "qt  ": ContentSignature(mediaType: "video/quicktime")
        case "M4A ", "M4B ": ContentSignature(mediaType: "audio/mp4")
        default: ContentSignature(mediaType: "video/mp4", family: ["audio/mp4"])
        }
    }

    /// Whether a text is an SVG: its first element, after whatever XML allows before it, is `svg`.
    private static func isSVG(_ head: [UInt8]) -> Bool {
        var rest = head.prefix(4096)[...]
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        while true {
            rest = rest.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
            if rest.starts(with: "<svg".utf8) { return true }
            guard rest.starts(with: "<?".utf8) || rest.starts(with: "<!".utf8),
                let end = rest.firstIndex(of: UInt8(ascii: ">"))
            else { return false }
            rest = rest[(end + 1)...]
        }
    }
}
