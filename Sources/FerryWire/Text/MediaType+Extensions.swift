// SPDX-License-Identifier: Apache-2.0

extension MediaType {
    /// The media type usual for a file name's extension; nil if there is none or it is not known.
    public init?(filename: some StringProtocol) {
        let bytes = Array(filename.utf8)
        guard let dot = bytes.lastIndex(of: UInt8(ascii: ".")) else { return nil }
        let suffix = String(decoding: bytes[(dot + 1)...], as: UTF8.self).lowercased()
        guard let text = Self.byExtension[suffix], let type = MediaType(text) else { return nil }
        self = type
    }

    /// The extension usual for this type, without the dot.
    public var preferredExtension: String? { Self.byEssence[essence] }

    private static let byExtension: [String: String] = Dictionary(
        table.flatMap { row in row.1.map { ($0, row.0) } }, uniquingKeysWith: { first, _ in first })

    private static let byEssence: [String: String] = Dictionary(
        table.compactMap { row in row.1.first.map { (row.0, $0) } }, uniquingKeysWith: { first, _ in first })

    /// Media types and the extensions in use for them, the preferred one first. The types are the registered ones (IANA),
    /// or those in general use where none is registered.
    private static let table = pictures + recordings + texts + papers + packages + models

    private typealias Row = (String, [String])

    private static let pictures: [Row] = [
        ("image/png", ["png"]), ("image/apng", ["apng"]), ("image/jpeg", ["jpg", "jpeg", "jpe", "jfif"]),
        ("image/gif", ["gif"]), ("image/webp", ["webp"]), ("image/avif", ["avif"]), ("image/heic", ["heic"]),
        ("image/heif", ["heif"]), ("image/tiff", ["tiff", "tif"]), ("image/bmp", ["bmp"]),
        ("image/svg+xml", ["svg"]), ("image/x-icon", ["ico", "cur"]), ("image/jxl", ["jxl"]),
        ("image/jp2", ["jp2"]), ("image/vnd.adobe.photoshop", ["psd"]), ("image/x-exr", ["exr"]),
        ("image/vnd.djvu", ["djvu", "djv"]), ("image/x-adobe-dng", ["dng"]), ("image/x-canon-cr2", ["cr2"]),
        ("image/x-canon-cr3", ["cr3"]), ("image/x-nikon-nef", ["nef"]), ("image/x-sony-arw", ["arw"]),
    ]

    private static let recordings: [Row] = [
        ("audio/mpeg", ["mp3"]), ("audio/wav", ["wav"]), ("audio/ogg", ["ogg", "oga", "opus"]),
        ("audio/flac", ["flac"]), ("audio/mp4", ["m4a", "m4b"]), ("audio/aac", ["aac"]), ("audio/webm", ["weba"]),
        ("audio/midi", ["mid", "midi"]), ("audio/aiff", ["aiff", "aif"]), ("audio/amr", ["amr"]),
        ("audio/basic", ["au", "snd"]), ("audio/x-matroska", ["mka"]), ("audio/x-ms-wma", ["wma"]),
        ("video/mp4", ["mp4", "m4v"]), ("video/quicktime", ["mov", "qt"]), ("video/webm", ["webm"]),
        ("video/x-matroska", ["mkv"]), ("video/x-msvideo", ["avi"]), ("video/mpeg", ["mpeg", "mpg"]),
        ("video/mp2t", ["m2ts", "mts"]), ("video/ogg", ["ogv"]), ("video/3gpp", ["3gp"]), ("video/3gpp2", ["3g2"]),
        ("video/x-flv", ["flv"]), ("video/x-ms-wmv", ["wmv"]), ("video/x-ms-asf", ["asf"]),
        ("application/vnd.apple.mpegurl", ["m3u8"]),
    ]

    private static let texts: [Row] = [
        ("text/plain", ["txt", "text", "log", "conf", "ini"]), ("text/markdown", ["md", "markdown"]),
        ("text/csv", ["csv"]), ("text/tab-separated-values", ["tsv"]), ("text/html", ["html", "htm"]),
        ("text/css", ["css"]), ("text/javascript", ["js", "mjs"]), ("text/calendar", ["ics"]),
        ("text/vcard", ["vcf"]), ("text/vtt", ["vtt"]), ("application/x-subrip", ["srt"]), ("text/xml", ["xml"]),
        ("application/json", ["json"]), ("application/geo+json", ["geojson"]), ("application/ld+json", ["jsonld"]),
        ("application/x-ndjson", ["ndjson", "jsonl"]), ("application/yaml", ["yaml", "yml"]),
        ("application/toml", ["toml"]), ("application/sql", ["sql"]), ("application/x-ipynb+json", ["ipynb"]),
        ("application/xhtml+xml", ["xhtml"]), ("application/x-tex", ["tex"]), ("application/x-bibtex", ["bib"]),
        ("message/rfc822", ["eml"]), ("text/x-diff", ["diff", "patch"]), ("application/x-shellscript", ["sh"]),
        ("text/x-python", ["py"]), ("text/x-swift", ["swift"]), ("text/x-c", ["c", "h"]),
        ("text/x-c++", ["cpp", "hpp", "cc"]), ("text/x-java", ["java"]), ("text/x-go", ["go"]),
        ("text/x-rust", ["rs"]), ("text/x-ruby", ["rb"]), ("text/x-typescript", ["ts", "tsx"]),
    ]

    private static let papers: [Row] = [
        ("application/pdf", ["pdf"]), ("application/postscript", ["ps", "eps", "ai"]), ("application/rtf", ["rtf"]),
        ("application/epub+zip", ["epub"]), ("application/msword", ["doc"]), ("application/vnd.ms-excel", ["xls"]),
        ("application/vnd.ms-powerpoint", ["ppt"]), ("application/vnd.ms-outlook", ["msg"]),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ["docx"]),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ["xlsx"]),
        ("application/vnd.openxmlformats-officedocument.presentationml.presentation", ["pptx"]),
        ("application/vnd.openxmlformats-officedocument.presentationml.slideshow", ["ppsx"]),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.template", ["dotx"]),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.template", ["xltx"]),
        ("application/vnd.ms-word.document.macroenabled.12", ["docm"]),
        ("application/vnd.ms-excel.sheet.macroenabled.12", ["xlsm"]),
        ("application/vnd.ms-excel.sheet.binary.macroenabled.12", ["xlsb"]),
        ("application/vnd.ms-powerpoint.presentation.macroenabled.12", ["pptm"]),
        ("application/vnd.oasis.opendocument.text", ["odt"]),
        ("application/vnd.oasis.opendocument.spreadsheet", ["ods"]),
        ("application/vnd.oasis.opendocument.presentation", ["odp"]),
        ("application/vnd.oasis.opendocument.graphics", ["odg"]),
        ("application/vnd.apple.pages", ["pages"]), ("application/vnd.apple.numbers", ["numbers"]),
        ("application/vnd.apple.keynote", ["key"]),
    ]

    private static let packages: [Row] = [
        ("application/zip", ["zip"]), ("application/gzip", ["gz", "tgz"]), ("application/x-tar", ["tar"]),
        ("application/x-7z-compressed", ["7z"]), ("application/vnd.rar", ["rar"]), ("application/zstd", ["zst"]),
        ("application/x-bzip2", ["bz2", "tbz2"]), ("application/x-xz", ["xz", "txz"]),
        ("application/x-lz4", ["lz4"]), ("application/java-archive", ["jar", "war", "ear"]),
        ("application/vnd.android.package-archive", ["apk"]), ("application/vnd.comicbook+zip", ["cbz"]),
        ("application/vnd.google-earth.kmz", ["kmz"]), ("application/x-xpinstall", ["xpi"]),
        ("application/vnd.debian.binary-package", ["deb"]), ("application/x-rpm", ["rpm"]),
        ("application/vnd.ms-cab-compressed", ["cab"]), ("application/x-msi", ["msi"]),
        ("application/vnd.microsoft.portable-executable", ["exe", "dll"]), ("application/wasm", ["wasm"]),
    ]

    private static let models: [Row] = [
        ("application/vnd.apache.parquet", ["parquet"]), ("application/vnd.apache.arrow.file", ["arrow", "feather"]),
        ("application/vnd.sqlite3", ["sqlite", "sqlite3"]), ("application/x-hdf5", ["h5", "hdf5"]),
        ("application/x-npy", ["npy"]), ("application/x-numpy-archive", ["npz"]), ("application/x-gguf", ["gguf"]),
        ("model/gltf-binary", ["glb"]), ("model/gltf+json", ["gltf"]), ("model/stl", ["stl"]),
        ("model/obj", ["obj"]), ("model/3mf", ["3mf"]), ("font/ttf", ["ttf"]), ("font/otf", ["otf"]),
        ("font/collection", ["ttc"]), ("font/woff", ["woff"]), ("font/woff2", ["woff2"]),
    ]
}
