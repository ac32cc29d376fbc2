// SPDX-License-Identifier: Apache-2.0

/// The media types that the library has names of its own for.
enum MagicNames {
    /// The name in general use.
    static func registered(_ name: String) -> String { table[name] ?? name }

    private static let table: [String: String] = [
        "audio/x-wav": "audio/wav", "audio/vnd.wave": "audio/wav", "audio/x-flac": "audio/flac",
        "audio/x-m4a": "audio/mp4", "audio/x-hx-aac-adts": "audio/aac", "audio/x-hx-aac-adif": "audio/aac",
        "audio/x-mp4a-latm": "audio/aac", "audio/x-midi": "audio/midi", "application/ogg": "audio/ogg",
        "video/x-m4v": "video/mp4", "video/mpv": "video/mpeg", "video/mpeg4-generic": "video/mpeg",
        "image/vnd.microsoft.icon": "image/x-icon", "image/x-ms-bmp": "image/bmp", "image/x-win-bitmap": "image/x-icon",
        "image/svg": "image/svg+xml", "application/x-gzip": "application/gzip", "application/x-zip": "application/zip",
        "application/x-rar": "application/vnd.rar", "application/x-zstd": "application/zstd",
        "application/vnd.sqlite3": "application/x-sqlite3", "application/x-wasm": "application/wasm",
        "text/rtf": "application/rtf", "text/pdf": "application/pdf", "application/x-pdf": "application/pdf",
        "application/vnd.ms-opentype": "font/otf", "font/sfnt": "font/ttf", "application/x-font-ttf": "font/ttf",
        "application/x-font-woff": "font/woff", "application/font-woff": "font/woff",
        "application/x-parquet": "application/vnd.apache.parquet",
    ]
}
