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

    /// Registered media types (IANA) and the extensions in use for them, the preferred one first.
    private static let table: [(String, [String])] = [
        ("image/png", ["png"]), ("image/jpeg", ["jpg", "jpeg", "jpe", "jfif"]), ("image/gif", ["gif"]),
        ("image/webp", ["webp"]), ("image/avif", ["avif"]), ("image/heic", ["heic"]), ("image/heif", ["heif"]),
        ("image/tiff", ["tiff", "tif"]), ("image/bmp", ["bmp"]), ("image/svg+xml", ["svg"]),
        ("image/x-icon", ["ico"]), ("image/jxl", ["jxl"]),
        ("audio/mpeg", ["mp3"]), ("audio/wav", ["wav"]), ("audio/ogg", ["ogg", "oga", "opus"]),
        ("audio/flac", ["flac"]), ("audio/mp4", ["m4a"]), ("audio/aac", ["aac"]), ("audio/webm", ["weba"]),
        ("audio/midi", ["mid", "midi"]),
        ("video/mp4", ["mp4", "m4v"]), ("video/quicktime", ["mov"]), ("video/webm", ["webm"]),
        ("video/x-matroska", ["mkv"]), ("video/x-msvideo", ["avi"]), ("video/mpeg", ["mpeg", "mpg"]),
        ("text/plain", ["txt", "text", "log", "conf", "ini"]), ("text/markdown", ["md", "markdown"]),
        ("text/csv", ["csv"]), ("text/tab-separated-values", ["tsv"]), ("text/html", ["html", "htm"]),
        ("text/css", ["css"]), ("text/javascript", ["js", "mjs"]), ("text/calendar", ["ics"]),
        ("text/vtt", ["vtt"]), ("application/x-subrip", ["srt"]), ("text/xml", ["xml"]),
        ("application/json", ["json"]), ("application/x-ndjson", ["ndjson", "jsonl"]),
        ("application/yaml", ["yaml", "yml"]), ("application/toml", ["toml"]), ("application/pdf", ["pdf"]),
        ("application/zip", ["zip"]), ("application/gzip", ["gz"]), ("application/x-tar", ["tar"]),
        ("application/x-7z-compressed", ["7z"]), ("application/vnd.rar", ["rar"]), ("application/zstd", ["zst"]),
        ("application/x-bzip2", ["bz2"]), ("application/x-xz", ["xz"]), ("application/wasm", ["wasm"]),
        ("application/rtf", ["rtf"]), ("application/epub+zip", ["epub"]), ("application/xhtml+xml", ["xhtml"]),
        ("application/msword", ["doc"]), ("application/vnd.ms-excel", ["xls"]),
        ("application/vnd.ms-powerpoint", ["ppt"]),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ["docx"]),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ["xlsx"]),
        ("application/vnd.openxmlformats-officedocument.presentationml.presentation", ["pptx"]),
        ("application/vnd.oasis.opendocument.text", ["odt"]),
        ("application/vnd.oasis.opendocument.spreadsheet", ["ods"]),
        ("application/vnd.apache.parquet", ["parquet"]), ("application/x-sqlite3", ["sqlite", "sqlite3"]),
        ("application/x-shellscript", ["sh"]), ("text/x-python", ["py"]), ("text/x-swift", ["swift"]),
        ("model/gltf-binary", ["glb"]), ("model/gltf+json", ["gltf"]), ("model/stl", ["stl"]),
        ("model/obj", ["obj"]), ("font/ttf", ["ttf"]), ("font/otf", ["otf"]), ("font/woff", ["woff"]),
        ("font/woff2", ["woff2"]),
    ]
}
