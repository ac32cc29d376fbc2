// SPDX-License-Identifier: Apache-2.0

import CVips

/// What an image's header says.
struct ImageFacts: Sendable, Equatable {
    /// Pixels as stored, before any rotation by EXIF.
    var width: Int64
    var height: Int64
    /// Pages or frames, at least 1.
    var pages: Int64
    /// `jpeg`, `png`, `webp`, `gif`, `tiff` or `heif`.
    var format: String

    init(_ info: ferry_vips_info) {
        width = Int64(info.width)
        height = Int64(info.height)
        pages = Int64(info.pages)
        format = withUnsafeBytes(of: info.format) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
