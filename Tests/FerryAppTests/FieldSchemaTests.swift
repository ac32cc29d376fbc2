// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@testable import FerryApp

@Suite struct FieldSchemaTests {
    private static let schema = try? FieldSchema.object(Everything.self, .input)

    @Test(
        arguments: [
            (
                "image",
                ["type": "string", "format": "file", "contentMediaType": "image/*", "description": "The picture."]
            ),
            (
                "more_pictures",
                [
                    "type": "array",
                    "items": ["type": "string", "format": "file", "contentMediaType": "image/png"],
                    "default": [], "description": "More pictures.",
                ]
            ),
            (
                "mask",
                [
                    "anyOf": [
                        ["type": "string", "format": "file", "contentMediaType": "image/png"], ["type": "null"],
                    ], "description": "A mask.",
                ]
            ),
            (
                "width",
                [
                    "type": "integer", "minimum": 1, "maximum": 16384, "default": 640,
                    "description": "Width in pixels.",
                ]
            ),
            (
                "strength",
                ["type": "number", "minimum": 0.0, "maximum": 1.5, "default": 0.5, "description": "Strength."]
            ),
            ("small", ["anyOf": [["type": "integer", "maximum": 9], ["type": "null"]], "description": "At most."]),
            ("note", ["anyOf": [["type": "string"], ["type": "null"]], "description": "A note."]),
            ("mode", ["type": "string", "enum": ["fast", "thorough"], "default": "fast", "description": "Mode."]),
            ("turn", ["type": "integer", "enum": [0, 90, 180], "default": 0, "description": "Turn."]),
            (
                "boxes",
                [
                    "type": "array",
                    "items": [
                        "type": "object",
                        "properties": [
                            "left": ["type": "integer", "minimum": 0, "description": "Left edge."],
                            "label": ["type": "string", "default": "box", "description": "A name."],
                        ], "required": ["left"], "additionalProperties": false,
                    ], "default": [], "description": "Boxes.",
                ]
            ),
            (
                "weights",
                [
                    "type": "object", "additionalProperties": ["type": "number", "minimum": 0, "maximum": 10],
                    "default": [:], "description": "Weights.",
                ]
            ), ("extra", ["default": [:], "description": "Anything."]),
            ("plain", ["type": "boolean", "default": true]),
            ("plain_note", ["anyOf": [["type": "string"], ["type": "null"]]]),
        ] as [(String, JSONValue)])
    func `a property becomes a schema`(name: String, expected: JSONValue) throws {
        let property = try #require(Self.schema?["properties"]?[name])
        #expect(property == expected, "\(property)")
    }

    @Test func `properties keep the order they were written in, and only what must be given is required`() throws {
        let schema = try #require(Self.schema)
        #expect(
            schema["properties"]?.objectValue?.keys == [
                "image", "more_pictures", "mask", "width", "strength", "small", "note", "mode", "turn", "boxes",
                "main_box", "weights", "extra", "large", "plain", "plain_note",
            ])
        #expect(schema["required"] == ["image"])
        #expect(schema["additionalProperties"] == false)
    }

    @Test func `an output requires what it always writes, and does not show its metadata`() throws {
        let schema = try FieldSchema.object(CopyApp.Output.self, .output)
        #expect(schema["required"] == ["copies", "times", "remark"])
        #expect(schema["properties"]?.objectValue?.keys == ["copies", "times", "remark"])
        #expect(schema["properties"]?["times"]?["default"] == nil)
    }

    @Test func `a schema accepts the defaults it tells`() throws {
        let schema = JSONSchema(try #require(Self.schema))
        var members: JSONObject = ["image": "a.png"]
        for (name, property) in Self.schema?["properties"]?.objectValue ?? [:] {
            if let standard = property["default"] { members[name] = standard }
        }
        #expect(members.count > 8)
        #expect(schema.violations(of: .object(members)).isEmpty)
    }

    @Test(
        arguments: [
            ("width", "width"), ("stripMetadata", "strip_metadata"), ("imageURL", "image_url"),
            ("HTTPServer", "http_server"), ("sha256", "sha256"), ("top_p", "top_p"), ("topP", "top_p"),
            ("_private", "_private"), ("x2Y", "x2_y"), ("größeB", "größe_b"),
        ])
    func `names are written in snake_case`(property: String, name: String) {
        #expect(FieldName.json(property) == name)
    }
}
