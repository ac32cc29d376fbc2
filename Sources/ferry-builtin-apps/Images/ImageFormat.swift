// SPDX-License-Identifier: Apache-2.0

import CVips

/// The formats that can be written.
enum ImageFormat: String, Codable, Sendable, CaseIterable {
    case jpeg
    case png
    case webp
    case gif
    case tiff

    var contentType: String { "image/\(rawValue)" }

    var fileExtension: String { self == .jpeg ? "jpg" : rawValue }

    var library: ferry_vips_format {
        switch self {
        case .jpeg: FERRY_VIPS_JPEG
        case .png: FERRY_VIPS_PNG
        case .webp: FERRY_VIPS_WEBP
        case .gif: FERRY_VIPS_GIF
        case .tiff: FERRY_VIPS_TIFF
        }
    }
}
