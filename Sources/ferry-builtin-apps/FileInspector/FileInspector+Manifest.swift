// SPDX-License-Identifier: Apache-2.0

import FerryApp
import FerryWire

extension FileInspector {
    static let manifest = AppManifest(
        namespace: "ferry", name: "file-inspector", version: "1.0.0",
        description: "Tells a file's type, size and SHA-256, an image's dimensions and the beginning of a text.",
        category: "other",
        functions: [
            "run": FunctionSchema(input: inputSchema, output: outputSchema, description: "Tells what a file is.")
        ])

    private static let inputSchema: JSONValue = [
        "type": "object",
        "properties": [
            "file": [
                "type": "string", "format": "file", "contentMediaType": "*/*",
                "description": "The file, of any kind and size.",
            ]
        ],
        "required": ["file"],
        "additionalProperties": false,
    ]

    private static let outputSchema: JSONValue = [
        "type": "object",
        "properties": [
            "content_type": [
                "type": "string", "description": "Media type, by the content's signature first, then by the name.",
            ],
            "size": ["type": "integer", "description": "Size in bytes."],
            "sha256": ["type": "string", "description": "SHA-256 of the content, 64 lower-case hex digits."],
            "filename": ["type": "string", "description": "The file's name."],
            "width": [
                "type": ["integer", "null"],
                "description": "An image's width in pixels as stored, before rotation by EXIF; else null.",
            ],
            "height": [
                "type": ["integer", "null"],
                "description": "An image's height in pixels as stored, before rotation by EXIF; else null.",
            ],
            "text_preview": [
                "type": ["string", "null"],
                "description": "The first 500 characters, if the file begins as UTF-8 text; else null.",
            ],
        ],
        "required": ["content_type", "size", "sha256", "filename", "width", "height", "text_preview"],
        "additionalProperties": false,
    ]
}
