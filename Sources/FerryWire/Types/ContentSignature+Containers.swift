// SPDX-License-Identifier: Apache-2.0

extension ContentSignature {
    /// For a container's type, the types kept in it that only a name tells; a star stands for any text at that end.
    static let contained: [String: [String]] = [
        "application/zip": [
            "application/vnd.openxmlformats-officedocument.*", "application/vnd.oasis.opendocument.*",
            "application/vnd.ms-word.*", "application/vnd.ms-excel*", "application/vnd.ms-powerpoint*",
            "application/vnd.apple.*", "application/vnd.android.package-archive", "application/java-archive",
            "application/vnd.google-earth.kmz", "application/x-xpinstall", "model/3mf", "*+zip",
            "application/x-numpy-archive", "application/vnd.pytorch",
        ],
        "application/x-ole-storage": [
            "application/msword", "application/vnd.ms-*", "application/x-msi",
        ],
        "video/mp4": ["audio/mp4", "video/quicktime", "video/3gpp", "video/3gpp2"],
        "audio/ogg": ["application/ogg"],
        "video/ogg": ["application/ogg"],
        "video/x-matroska": ["video/webm", "audio/webm", "audio/x-matroska"],
        "video/webm": ["audio/webm"],
        "video/x-ms-asf": ["video/x-ms-wmv", "audio/x-ms-wma"],
        "image/heif": ["image/heic", "image/avif"],
        "image/tiff": ["image/x-*"],
        "application/x-hdf5": ["application/x-hdf"],
        "application/gzip": ["image/svg+xml-compressed"],
    ]

    /// For some containers, what further bytes tell of the content.
    static let refinement: [String: @Sendable ([UInt8]) -> String?] = [
        "application/zip": zipMember, "audio/ogg": oggStream, "video/x-matroska": matroskaKind,
    ]

    /// What has no signature at a fixed place.
    static func irregular(_ head: [UInt8]) -> String? {
        if head.count >= 12, head[4..<8].elementsEqual("ftyp".utf8) { return isoMedia(head) }
        if isIcon(head) { return "image/x-icon" }
        if isWindowsProgram(head) { return "application/vnd.microsoft.portable-executable" }
        return TextContent.isSVG(head) ? "image/svg+xml" : nil
    }

    /// A zip whose first member, uncompressed, names the type, as OpenDocument and EPUB have it.
    private static func zipMember(_ head: [UInt8]) -> String? {
        let name = Array("mimetype".utf8)
        guard head.count > 38, head[8] == 0, head[9] == 0, head[26...].starts(with: [UInt8(name.count), 0]),
            head[30...].starts(with: name)
        else { return nil }
        let extra = Int(head[28]) | Int(head[29]) << 8
        let text = head.dropFirst(38 + extra).prefix { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "P") }
        guard let type = MediaType(String(decoding: text, as: UTF8.self)) else { return nil }
        let isKnown = type.essence.hasPrefix("application/vnd.oasis.opendocument.") || type.essence.hasSuffix("+zip")
        return isKnown ? type.essence : nil
    }

    /// Sound or film, by the codec in the first page.
    private static func oggStream(_ head: [UInt8]) -> String? {
        head.dropFirst(28).starts(with: [0x80] + Array("theora".utf8)) ? "video/ogg" : nil
    }

    /// Matroska proper or its subset, by the document type in the header.
    private static func matroskaKind(_ head: [UInt8]) -> String? {
        // Element 0x4282, its length of one byte, the text.
        head.prefix(64).firstRange(of: [0x42, 0x82, 0x84] + Array("webm".utf8)) == nil ? nil : "video/webm"
    }

    /// MP4 and its relatives, by major brand, and for the general image brands by those they are compatible with.
    private static func isoMedia(_ head: [UInt8]) -> String {
        func brand(at offset: Int) -> String { String(decoding: head[offset..<(offset + 4)], as: UTF8.self) }
        let length = head[..<4].reduce(0) { $0 << 8 | Int($1) }
        let compatible = stride(from: 16, to: min(length, head.count) - 3, by: 4).map(brand)
        for brand in [brand(at: 8)] + compatible {
            switch brand {
            case "avif", "avis": return "image/avif"
            case "heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs": return "image/heic"
            case "mif1", "msf1": continue
            case "qt  ": return "video/quicktime"
            case "M4A ", "M4B ", "M4P ": return "audio/mp4"
            case "crx ": return "image/x-canon-cr3"
            case "jxl ": return "image/jxl"
            case let brand where brand.hasPrefix("3g2"): return "video/3gpp2"
            case let brand where brand.hasPrefix("3g"): return "video/3gpp"
            default: return ["mif1", "msf1"].contains(Self.majorBrand(head)) ? "image/heif" : "video/mp4"
            }
        }
        return "image/heif"
    }

    private static func majorBrand(_ head: [UInt8]) -> String { String(decoding: head[8..<12], as: UTF8.self) }

    /// An icon or cursor: a count, then a directory whose reserved byte is zero.
    private static func isIcon(_ head: [UInt8]) -> Bool {
        head.count >= 22 && head[0] == 0 && head[1] == 0 && (head[2] == 1 || head[2] == 2) && head[3] == 0
            && head[4] != 0 && head[5] == 0 && head[9] == 0
    }

    /// A program for Windows: the second header is where the first one says.
    private static func isWindowsProgram(_ head: [UInt8]) -> Bool {
        guard head.count >= 64, head.starts(with: "MZ".utf8) else { return false }
        let offset = (60..<64).reversed().reduce(0) { $0 << 8 | Int(head[$1]) }
        return offset < head.count && head[offset...].starts(with: "PE\0\0".utf8)
    }
}
