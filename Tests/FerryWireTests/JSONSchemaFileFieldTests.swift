// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

/// Where a schema says file, however it says it: a field that is missed here would let a bare path through to an app.
@Suite struct JSONSchemaFileFieldTests {
    private static let file: JSONValue = ["type": "string", "format": "file"]

    @Test(
        arguments: [
            file, ["$ref": "#/$defs/File", "$defs": ["File": file]], ["allOf": [file]],
            ["anyOf": [["type": "null"], file]],
            ["anyOf": [["type": "null"], ["oneOf": [["allOf": [file]]]]]],
            ["allOf": [["$ref": "#/$defs/File"]], "$defs": ["File": ["anyOf": [file]]]],
        ] as [JSONValue])
    func `a file is seen through every kind of detour`(schema: JSONValue) {
        #expect(JSONSchema(schema).acceptsFile)
        #expect(!JSONSchema(schema).isPlainString)
    }

    @Test func `a member is a file when any branch says so`() {
        let schema: JSONValue = [
            "anyOf": [
                ["type": "object", "properties": ["image": ["type": "string"]]],
                ["type": "object", "properties": ["image": Self.file]],
            ]
        ]
        #expect(JSONSchema(schema).member("image")?.acceptsFile == true)
        let open: JSONValue = ["allOf": [["additionalProperties": Self.file]]]
        #expect(JSONSchema(open).member("anything")?.acceptsFile == true)
        #expect(JSONSchema(["type": "object"]).member("image") == nil)
        for closed: JSONValue in [false, true] {
            let schema: JSONValue = ["type": "object", "additionalProperties": closed]
            #expect(JSONSchema(schema).member("image") == nil, "a Boolean says nothing of a member")
        }
    }

    @Test(
        arguments: [
            ["items": file], ["prefixItems": [["type": "integer"], file]], ["allOf": [["items": file]]],
            ["anyOf": [["type": "null"], ["type": "array", "items": ["anyOf": [file, ["type": "null"]]]]]],
        ] as [JSONValue])
    func `an element is a file when any branch says so`(schema: JSONValue) {
        #expect(JSONSchema(schema).element?.acceptsFile == true)
    }

    @Test func `a schema that leads to itself is looked through once`() {
        let schema: JSONValue = ["anyOf": [["$ref": "#"], ["allOf": [["$ref": "#"]]], Self.file]]
        #expect(JSONSchema(schema).acceptsFile)
        #expect(JSONSchema(["anyOf": [["$ref": "#"]]]).member("x") == nil)
    }
}
