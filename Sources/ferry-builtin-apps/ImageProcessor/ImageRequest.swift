// SPDX-License-Identifier: Apache-2.0

import FerryApp
import FerryWire

/// The input of ``ImageProcessor``, checked.
struct ImageRequest: Sendable {
    /// Longest side that may be asked for, in pixels.
    static let longestSide: Int64 = 16384
    /// Most bytes of the result's name, extension not counted.
    private static let maximumStem = 200

    let image: File
    let width: Int32?
    let height: Int32?
    let format: ImageFormat?
    let quality: Int32
    let rotate: Int32
    let stripsMetadata: Bool
    let enlarges: Bool

    init(_ input: JSONValue) throws {
        let reader = try InputReader(input)
        image = try reader.file("image")
        width = try reader.integer("width", in: 1...Self.longestSide)
        height = try reader.integer("height", in: 1...Self.longestSide)
        format = try reader.choice("format")
        quality = try reader.integer("quality", in: 1...100) ?? 80
        rotate = try reader.integer("rotate", in: 0...270) ?? 0
        stripsMetadata = try reader.bool("strip_metadata")
        enlarges = try reader.bool("enlarge")
        guard rotate % 90 == 0 else {
            throw AppFailure("rotate must be 0, 90, 180 or 270", code: .invalidInput)
        }
    }

    /// What to do to an image of that format: it is kept when it can be written, else the result is PNG.
    func recipe(inputFormat: String) -> ImageLibrary.Recipe {
        ImageLibrary.Recipe(
            width: width, height: height, rotate: rotate, quality: quality, stripsMetadata: stripsMetadata,
            enlarges: enlarges, format: format ?? ImageFormat(rawValue: inputFormat) ?? .png)
    }

    /// The image's name with the extension of the result's format.
    func outputName(for format: ImageFormat) -> String {
        let label = Filename.safe(image.filename)
        let dot = label.utf8.lastIndex(of: UInt8(ascii: ".")) ?? label.endIndex
        var stem = dot > label.startIndex ? String(label[..<dot]) : label
        while stem.utf8.count > Self.maximumStem { stem.unicodeScalars.removeLast() }
        return "\(stem).\(format.fileExtension)"
    }
}
