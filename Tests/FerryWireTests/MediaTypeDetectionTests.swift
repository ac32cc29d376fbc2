// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FerryWire

/// The bytes of a text in which `\0` and other control characters stand for themselves.
private func ascii(_ text: String) -> [UInt8] { Array(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }) }

/// An MP4-like beginning with these brands.
private func brands(_ brands: String...) -> [UInt8] {
    let minor = [brands[0]] + ["\0\0\0\0"] + brands.dropFirst()
    return [0, 0, 0, UInt8(8 + 4 * minor.count)] + ascii("ftyp" + minor.joined()) + ascii("\0\0\0\u{8}mdat")
}

/// A zip whose first member, stored, is called `mimetype` and holds that.
private func zip(mimetype: String) -> [UInt8] {
    [0x50, 0x4B, 3, 4, 10, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 16) + [8, 0, 0, 0]
        + ascii("mimetype" + mimetype)
        + [0x50, 0x4B, 3, 4]
}

private let plainZip: [UInt8] = [0x50, 0x4B, 3, 4, 20, 0, 0, 0, 8, 0]
private let ole: [UInt8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0, 0]

private let tar = [UInt8](repeating: 0x61, count: 257) + ascii("ustar\0") + [UInt8](repeating: 0, count: 60)
private let transport = [0x47] + [UInt8](repeating: 0x1F, count: 187) + [0x47, 0]
private let program =
    ascii("MZ") + [UInt8](repeating: 0, count: 58) + [0x80, 0, 0, 0] + [UInt8](repeating: 0, count: 64)
    + ascii("PE\0\0")

@Suite struct MediaTypeDetectionTests {
    static let pictures: [([UInt8], String)] = [
        ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0], "image/png"), ([0xFF, 0xD8, 0xFF, 0xE0], "image/jpeg"),
        (ascii("GIF87a"), "image/gif"), (ascii("GIF89a"), "image/gif"),
        (ascii("RIFF\0\0\0\0WEBPVP8 "), "image/webp"), ([0x49, 0x49, 0x2A, 0, 8], "image/tiff"),
        ([0x4D, 0x4D, 0, 0x2A, 0], "image/tiff"), ([0x49, 0x49, 0x2B, 0, 8], "image/tiff"),
        (ascii("BM") + [0x9A, 0, 0, 0, 0, 0, 0, 0, 0x36], "image/bmp"),
        ([0, 0, 1, 0, 1, 0, 16, 16, 0, 0] + [UInt8](repeating: 1, count: 12), "image/x-icon"),
        ([0xFF, 0x0A, 0x10], "image/jxl"),
        ([0, 0, 0, 0x0C, 0x4A, 0x58, 0x4C, 0x20, 0x0D, 0x0A, 0x87, 0x0A], "image/jxl"),
        ([0, 0, 0, 0x0C, 0x6A, 0x50, 0x20, 0x20, 0x0D, 0x0A, 0x87, 0x0A], "image/jp2"),
        (ascii("8BPS\0\u{1}"), "image/vnd.adobe.photoshop"), ([0x76, 0x2F, 0x31, 0x01], "image/x-exr"),
        (brands("avif", "mif1"), "image/avif"), (brands("heic", "mif1"), "image/heic"),
        (brands("mif1", "mif1", "avif"), "image/avif"), (brands("mif1", "heic"), "image/heic"),
        (brands("mif1", "miaf"), "image/heif"), (ascii("<svg xmlns=\"x\"/>"), "image/svg+xml"),
        (ascii("\u{EF}\u{BB}\u{BF}<?xml version=\"1.0\"?>\n<!-- a > b --><!DOCTYPE svg>\n<svg>"), "image/svg+xml"),
        (ascii("AT&TFORM\0\0\0\0DJVU"), "image/vnd.djvu"),
    ]

    static let recordings: [([UInt8], String)] = [
        (ascii("RIFF\0\0\0\0WAVEfmt "), "audio/wav"), (ascii("RIFF\0\0\0\0AVI LIST"), "video/x-msvideo"),
        (ascii("fLaC\0"), "audio/flac"), (ascii("ID3\u{3}"), "audio/mpeg"), ([0xFF, 0xFB, 0x90], "audio/mpeg"),
        ([0xFF, 0xF1, 0x50], "audio/aac"), (ascii("MThd\0"), "audio/midi"), (ascii("#!AMR\n"), "audio/amr"),
        (ascii("FORM\0\0\0\0AIFFCOMM"), "audio/aiff"), (ascii(".snd\0\0\0 "), "audio/basic"),
        (ascii("OggS") + [UInt8](repeating: 0, count: 24) + ascii("\u{1}vorbis"), "audio/ogg"),
        (ascii("OggS") + [UInt8](repeating: 0, count: 24) + ascii("\u{80}theora"), "video/ogg"),
        (brands("isom", "mp42"), "video/mp4"), (brands("qt  "), "video/quicktime"), (brands("M4A "), "audio/mp4"),
        (brands("3gp5"), "video/3gpp"), (brands("3g2a"), "video/3gpp2"),
        ([0x1A, 0x45, 0xDF, 0xA3, 0x9F, 0x42, 0x82, 0x84] + ascii("webm"), "video/webm"),
        ([0x1A, 0x45, 0xDF, 0xA3, 0x9F, 0x42, 0x82, 0x88] + ascii("matroska"), "video/x-matroska"),
        (ascii("FLV\u{1}\u{5}"), "video/x-flv"), ([0, 0, 1, 0xBA, 0x44], "video/mpeg"), (transport, "video/mp2t"),
        ([0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, 0xA6], "video/x-ms-asf"),
    ]

    static let others: [([UInt8], String)] = [
        (ascii("%PDF-1.7\n"), "application/pdf"), (ascii("%!PS-Adobe"), "application/postscript"),
        (ascii("{\\rtf1"), "application/rtf"), (plainZip, "application/zip"), (ole, "application/x-ole-storage"),
        (zip(mimetype: "application/epub+zip"), "application/epub+zip"),
        (
            zip(mimetype: "application/vnd.oasis.opendocument.text"), "application/vnd.oasis.opendocument.text"
        ), (zip(mimetype: "text/html"), "application/zip"),
        ([0x1F, 0x8B, 8, 0], "application/gzip"), ([0x28, 0xB5, 0x2F, 0xFD, 4], "application/zstd"),
        (ascii("BZh91AY&SY"), "application/x-bzip2"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 0], "application/x-xz"),
        ([0x04, 0x22, 0x4D, 0x18], "application/x-lz4"),
        ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "application/x-7z-compressed"),
        (ascii("Rar!\u{1A}\u{7}\u{1}\0"), "application/vnd.rar"), (tar, "application/x-tar"),
        (ascii("!<arch>\ndebian-binary"), "application/vnd.debian.binary-package"),
        (ascii("!<arch>\nother/"), "application/x-archive"), ([0xED, 0xAB, 0xEE, 0xDB, 3], "application/x-rpm"),
        (ascii("wOFF\0"), "font/woff"), (ascii("wOF2\0"), "font/woff2"), (ascii("OTTO\0"), "font/otf"),
        ([0, 1, 0, 0, 0, 12], "font/ttf"), (ascii("ttcf\0"), "font/collection"),
        (ascii("SQLite format 3\0"), "application/vnd.sqlite3"),
        (ascii("PAR1\u{15}"), "application/vnd.apache.parquet"),
        (ascii("ARROW1\0\0"), "application/vnd.apache.arrow.file"), ([0, 0x61, 0x73, 0x6D, 1], "application/wasm"),
        ([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A], "application/x-hdf5"),
        ([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1], "application/x-npy"), (ascii("GGUF\u{3}"), "application/x-gguf"),
        ([0x7F, 0x45, 0x4C, 0x46, 2], "application/x-elf"), (program, "application/vnd.microsoft.portable-executable"),
        (ascii("glTF\u{2}\0"), "model/gltf-binary"), ([0xD4, 0xC3, 0xB2, 0xA1, 2], "application/vnd.tcpdump.pcap"),
    ]

    @Test(arguments: pictures + recordings + others)
    func `a signature tells the type whatever the name says`(head: [UInt8], type: String) {
        #expect(MediaType.detect(head: head, filename: nil) == type)
        #expect(MediaType.detect(head: head, filename: "misleading.csv") == type)
        #expect(MediaType.detect(head: head, filename: "no extension") == type)
        #expect(MediaType(type)?.description == type)
    }

    @Test(arguments: pictures + recordings + others)
    func `a beginning cut anywhere is read without harm`(head: [UInt8], type: String) {
        for length in 0..<min(head.count, 300) {
            let detected = MediaType.detect(head: head.prefix(length), filename: nil)
            #expect(MediaType(detected) != nil)
        }
    }

    @Test(
        arguments: [
            (plainZip, "a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            (plainZip, "Q3 報告.XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            (plainZip, "a.pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
            (plainZip, "a.odt", "application/vnd.oasis.opendocument.text"),
            (plainZip, "a.epub", "application/epub+zip"),
            (plainZip, "a.jar", "application/java-archive"),
            (plainZip, "a.apk", "application/vnd.android.package-archive"),
            (plainZip, "a.xlsm", "application/vnd.ms-excel.sheet.macroenabled.12"),
            (plainZip, "a.zip", "application/zip"), (plainZip, "a.png", "application/zip"),
            (plainZip, "a.rar", "application/zip"), (ole, "a.doc", "application/msword"),
            (ole, "a.xls", "application/vnd.ms-excel"), (ole, "a.png", "application/x-ole-storage"),
            (brands("isom"), "a.m4a", "audio/mp4"), (brands("isom"), "a.mov", "video/quicktime"),
            ([0x1A, 0x45, 0xDF, 0xA3], "a.webm", "video/webm"), ([0x49, 0x49, 0x2A, 0], "a.nef", "image/x-nikon-nef"),
        ])
    func `kinds that share a container are settled by name`(head: [UInt8], name: String, type: String) {
        #expect(MediaType.detect(head: head, filename: name) == type)
    }

    @Test(
        arguments: [
            (ascii("hello"), "a.txt", "text/plain"), (ascii("hello"), nil, "text/plain"),
            (ascii("a,b\n"), "a.csv", "text/csv"), (ascii("hello"), "a.png", "text/plain"),
            (ascii("hello"), "a.unknown", "text/plain"), (ascii("<!DOCTYPE HTML>\n<p>"), nil, "text/html"),
            (ascii("<?xml version=\"1.0\"?><a/>"), nil, "text/xml"), (ascii("let x"), "a.ts", "text/x-typescript"),
            ([0, 1, 2, 255], "photo.png", "image/png"), ([0, 1, 2, 255], "x", "application/octet-stream"),
            ([0, 1, 2, 255], nil, "application/octet-stream"), ([], "a.png", "image/png"),
            ([], nil, "application/octet-stream"), ([], "a.unknown", "application/octet-stream"),
            ([], "folder.png/", "application/octet-stream"), ([], ".png", "image/png"),
        ] as [([UInt8], String?, String)])
    func `without a signature the name tells, then whether it is text`(head: [UInt8], name: String?, type: String) {
        #expect(MediaType.detect(head: head, filename: name) == type)
    }

    @Test func `a character cut at the end of the beginning is no harm, at the end of the file it is`() {
        let text = Array("ab語".utf8).dropLast()
        #expect(MediaType.detect(head: text, filename: nil) == "text/plain")
        #expect(MediaType.detect(head: text, filename: nil, isWhole: true) == "application/octet-stream")
        let long = Array(String(repeating: "語", count: MediaType.headLength).utf8)
        #expect(MediaType.detect(head: long, filename: nil, isWhole: true) == "text/plain")
    }

    @Test func `what the system says counts after the table and before a guess`() {
        #expect(MediaType.detect(head: [0, 1], filename: "a.xyz", systemType: "chemical/x-xyz") == "chemical/x-xyz")
        #expect(MediaType.detect(head: [0, 1], filename: "a.png", systemType: "chemical/x-xyz") == "image/png")
        #expect(MediaType.detect(head: [0, 1], filename: "a.xyz", systemType: "no type") == "application/octet-stream")
    }
}

@Suite struct ExtensionTypesTests {
    @Test func `a table of the shared data base is read`() {
        let text = """
            # comment
            80:application/x-first:*.dup
            50:application/x-second:*.dup
            50:application/x-compressed-tar:*.tar.gz
            50:application/gzip:*.gz
            50:text/x-makefile:makefile
            50:text/x-odd:*.[ch]
            50:no type:*.bad
            broken
            50:image/x-raw:*.RAW:cs
            """
        let types = ExtensionTypes(globs2: Array(text.utf8))
        #expect(types.type(ofFilename: "a.dup") == "application/x-first")
        #expect(types.type(ofFilename: "/x/a.tar.gz") == "application/x-compressed-tar")
        #expect(types.type(ofFilename: "a.b.GZ") == "application/gzip")
        #expect(types.type(ofFilename: "photo.raw") == "image/x-raw")
        for name in ["makefile", "a.c", "a.bad", "gz", "a.", "", "a.gz/", ".gz"] {
            #expect(types.type(ofFilename: name) == (name == "a.gz/" ? "application/gzip" : nil), "\(name)")
        }
        #expect(types.count == 4)
    }

    @Test func `a table of the older kind is read`() {
        let types = ExtensionTypes(mimeTypes: Array("# c\nimage/x-a\ta1 A2\ntext/none\n\nbroken b\r\n".utf8))
        #expect(types.type(ofFilename: "x.a1") == "image/x-a")
        #expect(types.type(ofFilename: "x.a2") == "image/x-a")
        #expect(types.type(ofFilename: "x.b") == nil)
        #expect(types.count == 2)
    }

    @Test func `a table of noise is empty or harmless`() {
        var state: UInt64 = 7
        let noise = (0..<20_000).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 40)
        }
        #expect(ExtensionTypes(globs2: noise).count < 10)
        #expect(ExtensionTypes(mimeTypes: noise).count < 10)
    }
}
