// SPDX-License-Identifier: Apache-2.0

extension ContentSignature {
    /// The signatures at fixed places, the longer before the shorter they begin with. Types are the registered ones, or
    /// those in general use where none is registered.
    static let rows: [Row] = images + sound + film + documents + archives + programs

    private static let images: [Row] = [
        Row("image/png", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
        Row("image/jpeg", [0xFF, 0xD8, 0xFF]),
        Row("image/gif", "GIF87a"), Row("image/gif", "GIF89a"),
        Row("image/webp", "RIFF", also: (8, "WEBP")),
        Row("image/tiff", [0x49, 0x49, 0x2A, 0]), Row("image/tiff", [0x4D, 0x4D, 0, 0x2A]),
        Row("image/tiff", [0x49, 0x49, 0x2B, 0]), Row("image/tiff", [0x4D, 0x4D, 0, 0x2B]),
        Row("image/bmp", Array("BM".utf8), also: (6, [0, 0, 0, 0])),
        Row("image/jxl", [0xFF, 0x0A]), Row("image/jxl", [0, 0, 0, 0x0C, 0x4A, 0x58, 0x4C, 0x20]),
        Row("image/jp2", [0, 0, 0, 0x0C, 0x6A, 0x50, 0x20, 0x20, 0x0D, 0x0A, 0x87, 0x0A]),
        Row("image/vnd.adobe.photoshop", "8BPS"), Row("image/x-exr", [0x76, 0x2F, 0x31, 0x01]),
        Row("image/vnd.djvu", "AT&TFORM"),
    ]

    private static let sound: [Row] = [
        Row("audio/wav", "RIFF", also: (8, "WAVE")), Row("audio/flac", "fLaC"), Row("audio/ogg", "OggS"),
        Row("audio/aiff", "FORM", also: (8, "AIFF")), Row("audio/aiff", "FORM", also: (8, "AIFC")),
        Row("audio/mpeg", "ID3"), Row("audio/mpeg", [0xFF, 0xFB]), Row("audio/mpeg", [0xFF, 0xF3]),
        Row("audio/mpeg", [0xFF, 0xF2]), Row("audio/aac", [0xFF, 0xF1]), Row("audio/aac", [0xFF, 0xF9]),
        Row("audio/midi", "MThd"), Row("audio/amr", "#!AMR\n"), Row("audio/basic", ".snd\0\0"),
    ]

    private static let film: [Row] = [
        Row("video/x-msvideo", "RIFF", also: (8, "AVI ")),
        Row("video/x-matroska", [0x1A, 0x45, 0xDF, 0xA3]),
        Row("video/x-flv", [0x46, 0x4C, 0x56, 0x01]),
        Row("video/mpeg", [0, 0, 0x01, 0xBA]), Row("video/mpeg", [0, 0, 0x01, 0xB3]),
        Row("video/mp2t", [0x47], also: (188, [0x47])),
        Row("video/x-ms-asf", [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11]),
    ]

    private static let documents: [Row] = [
        Row("application/pdf", "%PDF-"), Row("application/postscript", "%!PS"), Row("application/rtf", "{\\rtf"),
        Row("application/x-ole-storage", [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]),
        Row("font/woff", "wOFF"), Row("font/woff2", "wOF2"), Row("font/otf", "OTTO"),
        Row("font/ttf", [0, 1, 0, 0, 0]), Row("font/collection", "ttcf"),
        Row("model/gltf-binary", "glTF"),
    ]

    private static let archives: [Row] = [
        Row("application/zip", [0x50, 0x4B, 3, 4]), Row("application/zip", [0x50, 0x4B, 5, 6]),
        Row("application/gzip", [0x1F, 0x8B]), Row("application/zstd", [0x28, 0xB5, 0x2F, 0xFD]),
        Row("application/x-bzip2", Array("BZh".utf8), also: (4, [0x31, 0x41, 0x59, 0x26, 0x53, 0x59])),
        Row("application/x-bzip2", Array("BZh".utf8), also: (4, [0x17, 0x72, 0x45, 0x38, 0x50, 0x90])),
        Row("application/x-xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]),
        Row("application/x-lz4", [0x04, 0x22, 0x4D, 0x18]),
        Row("application/x-7z-compressed", [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]),
        Row("application/vnd.rar", "Rar!\u{1A}\u{07}"), Row("application/x-tar", "ustar", at: 257),
        Row("application/vnd.debian.binary-package", "!<arch>\ndebian"), Row("application/x-archive", "!<arch>\n"),
        Row("application/vnd.ms-cab-compressed", "MSCF\0\0\0\0"), Row("application/x-rpm", [0xED, 0xAB, 0xEE, 0xDB]),
    ]

    private static let programs: [Row] = [
        Row("application/vnd.sqlite3", "SQLite format 3\0"), Row("application/vnd.apache.parquet", "PAR1"),
        Row("application/vnd.apache.arrow.file", "ARROW1\0\0"),
        Row("application/x-hdf5", [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]),
        Row("application/x-npy", [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]),
        Row("application/x-gguf", "GGUF"), Row("application/vnd.tcpdump.pcap", [0xD4, 0xC3, 0xB2, 0xA1]),
        Row("application/wasm", [0, 0x61, 0x73, 0x6D]), Row("application/x-elf", [0x7F, 0x45, 0x4C, 0x46]),
        Row("application/x-mach-binary", [0xCF, 0xFA, 0xED, 0xFE]),
    ]
}
