// SPDX-License-Identifier: Apache-2.0

import FerryApp
import FerryWire

extension ImageProcessor {
    struct Input: AppInput {
        /// Quarter turns, clockwise.
        enum Turn: Int32, Codable, CaseIterable, Sendable {
            case none = 0
            case quarter = 90
            case half = 180
            case threeQuarters = 270
        }

        @Field("The image. At most 100 million pixels, all frames of an animation together.", mediaType: "image/*")
        var image: File
        @Field("Most pixels of the result's width. The proportions are kept.", in: 1...16384)
        var width: Int32?
        @Field("Most pixels of the result's height. The proportions are kept.", in: 1...16384)
        var height: Int32?
        @Field("Format of the result. Without it, the own one, or PNG where that cannot be written.")
        var format: ImageFormat?
        @Field("Quality of JPEG and WebP. The other formats lose nothing and ignore it.", in: 1...100)
        var quality: Int32 = 80
        @Field("Degrees to turn clockwise after the image was turned upright by its EXIF orientation.")
        var rotate: Turn = .none
        @Field("Leave out EXIF (the place of the shot among it), XMP and colour profiles.")
        var stripMetadata = false
        @Field("Let an image that is smaller than the box grow to fill it.")
        var enlarge = false
    }
}

extension ImageProcessor.Input {
    /// Most bytes of the result's name, extension not counted.
    private static let maximumStem = 200

    /// What to do to an image of that format: it is kept when it can be written, else the result is PNG.
    func recipe(inputFormat: String) -> ImageLibrary.Recipe {
        ImageLibrary.Recipe(
            width: width, height: height, rotate: rotate.rawValue, quality: quality, stripsMetadata: stripMetadata,
            enlarges: enlarge, format: format ?? ImageFormat(rawValue: inputFormat) ?? .png)
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
