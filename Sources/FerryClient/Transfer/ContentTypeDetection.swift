// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// Tells what kind of content a file holds, from its first bytes and its name.
enum ContentTypeDetection {
    /// How many of the first bytes matter.
    static let headLength = 64

    /// The media type: by the signature of the content if it has a known one, else by the name's extension.
    static func mediaType(head: some Collection<UInt8>, filename: String?) -> String {
        let byName = filename.flatMap { MediaType(filename: $0) }?.essence
        guard let bySignature = signature(Array(head.prefix(headLength))) else {
            return byName ?? MediaType.octetStream.essence
        }
        // Some formats share a container: there the name knows more than the signature.
        if let byName, let kin = containers[bySignature], kin.contains(byName) || byName.hasPrefix(kin[0]) {
            return byName
        }
        return bySignature
    }

    /// For a container's type, the types that use it; the first may be a prefix of them.
    private static let containers: [String: [String]] = [
        "application/zip": [
            "application/vnd.", "application/epub+zip", "application/java-archive",
        ],
        "video/mp4": ["audio/mp4", "video/quicktime"],
        "audio/ogg": ["video/ogg", "application/ogg"],
        "video/x-matroska": ["video/webm", "audio/webm"],
    ]

    private static func signature(_ head: [UInt8]) -> String? {
        func has(_ text: String, at offset: Int = 0) -> Bool { head.dropFirst(offset).starts(with: text.utf8) }
        func has(_ bytes: [UInt8]) -> Bool { head.starts(with: bytes) }
        if has([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return "image/png" }
        if has([0xFF, 0xD8, 0xFF]) { return "image/jpeg" }
        if has("GIF87a") || has("GIF89a") { return "image/gif" }
        if has("RIFF") {
            if has("WEBP", at: 8) { return "image/webp" }
            if has("WAVE", at: 8) { return "audio/wav" }
            if has("AVI ", at: 8) { return "video/x-msvideo" }
        }
        if has([0x49, 0x49, 0x2A, 0x00]) || has([0x4D, 0x4D, 0x00, 0x2A]) { return "image/tiff" }
        if has("%PDF-") { return "application/pdf" }
        if has([0x50, 0x4B, 0x03, 0x04]) || has([0x50, 0x4B, 0x05, 0x06]) { return "application/zip" }
        if has([0x1F, 0x8B]) { return "application/gzip" }
        if has("fLaC") { return "audio/flac" }
        if has("OggS") { return "audio/ogg" }
        if has("ID3") || has([0xFF, 0xFB]) || has([0xFF, 0xF3]) || has([0xFF, 0xF2]) { return "audio/mpeg" }
        if has([0x1A, 0x45, 0xDF, 0xA3]) { return "video/x-matroska" }
        if has("ftyp", at: 4) { return isoBrand(head) }
        return nil
    }

    private static func isoBrand(_ head: [UInt8]) -> String {
        switch String(decoding: head.dropFirst(8).prefix(4), as: UTF8.self) {
        case "avif", "avis": "image/avif"
        case "heic", "heix", "hevc": "image/heic"
        case "mif1", "msf1": "image/heif"
        case "M4A ", "M4B ": "audio/mp4"
        case "qt  ": "video/quicktime"
        default: "video/mp4"
        }
    }
}
