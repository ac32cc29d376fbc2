// SPDX-License-Identifier: Apache-2.0

import FerryApp
import FerryWire

extension ImageProcessor {
    static let manifest = AppManifest(
        namespace: "ferry", name: "image-processor", version: "1.0.0",
        description: "Resizes, rotates and converts images. Reads JPEG, PNG, WebP, GIF, TIFF, HEIC and AVIF.",
        category: "image",
        functions: [
            "run": FunctionSchema(
                input: inputSchema, output: outputSchema,
                description: "Turns an image upright, fits it into a box and writes it in the format asked for.")
        ])

    private static let formats = JSONValue.array(ImageFormat.allCases.map { .string($0.rawValue) })

    private static func side(_ description: String) -> JSONValue {
        [
            "type": "integer", "minimum": 1, "maximum": .integer(ImageRequest.longestSide),
            "description": .string(description),
        ]
    }

    private static let inputSchema: JSONValue = [
        "type": "object",
        "properties": [
            "image": [
                "type": "string", "format": "file", "contentMediaType": "image/*",
                "description": "The image. At most 100 million pixels, all frames of an animation together.",
            ],
            "width": side("Most pixels of the result's width. The proportions are kept."),
            "height": side("Most pixels of the result's height. The proportions are kept."),
            "format": [
                "type": "string", "enum": formats,
                "description": "Format of the result. Without it, the own one, or PNG where that cannot be written.",
            ],
            "quality": [
                "type": "integer", "minimum": 1, "maximum": 100, "default": 80,
                "description": "Quality of JPEG and WebP. The other formats lose nothing and ignore it.",
            ],
            "rotate": [
                "type": "integer", "enum": [0, 90, 180, 270], "default": 0,
                "description": "Degrees to turn clockwise after the image was turned upright by its EXIF orientation.",
            ],
            "strip_metadata": [
                "type": "boolean", "default": false,
                "description": "Leave out EXIF (the place of the shot among it), XMP and colour profiles.",
            ],
            "enlarge": [
                "type": "boolean", "default": false,
                "description": "Let an image that is smaller than the box grow to fill it.",
            ],
        ],
        "required": ["image"],
        "additionalProperties": false,
    ]

    private static let outputSchema: JSONValue = [
        "type": "object",
        "properties": [
            "image": [
                "type": "string", "format": "file", "contentMediaType": "image/*", "description": "The new image.",
            ],
            "width": ["type": "integer", "description": "Its width in pixels."],
            "height": ["type": "integer", "description": "Its height in pixels; of one frame when animated."],
            "format": ["type": "string", "enum": formats, "description": "Its format."],
            "size": ["type": "integer", "description": "Its size in bytes."],
        ],
        "required": ["image", "width", "height", "format", "size"],
        "additionalProperties": false,
    ]
}
