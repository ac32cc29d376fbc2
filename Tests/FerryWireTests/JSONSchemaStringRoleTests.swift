// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

/// What a schema lets a string be: it decides whether a string of a task's input may be looked up as a path at all.
@Suite struct JSONSchemaStringRoleTests {
    private static let file: JSONValue = ["type": "string", "format": "file"]
    private static let text: JSONValue = ["type": "string"]

    @Test(
        arguments: [
            (file, .file), (text, .text), ([:], .untyped), (["title": "T", "default": "x"], .untyped), (true, .untyped),
            (["type": ["string", "null"], "format": "file"], .file), (["format": "file"], .file),
            (["type": "integer"], .text), (["enum": ["a"]], .text), (["const": "a"], .text), (["enum": [1]], .text),
            (["format": "email"], .text), (["minLength": 1], .text), (["properties": [:]], .text), (false, .text),
            (["anyOf": [file, ["type": "null"]]], .file), (["anyOf": [file, text]], .fileOrText),
            (["anyOf": [file, ["type": "array", "items": file]]], .file), (["oneOf": [file, [:]]], .fileOrText),
            (["anyOf": [[:], ["type": "null"]]], .untyped), (["anyOf": [text, ["type": "integer"]]], .text),
            (["allOf": [text, ["format": "file"]]], .file), (["allOf": [file, ["description": "x"]]], .file),
            (["allOf": [[:], text]], .text), (["type": "string", "anyOf": [file, ["maxLength": 9]]], .fileOrText),
            (["anyOf": [["type": "null"], ["oneOf": [["allOf": [file]]]]]], .file),
        ] as [(JSONValue, JSONSchema.StringRole)])
    func `a string is what the schema lets it be`(schema: JSONValue, role: JSONSchema.StringRole) {
        #expect(JSONSchema(schema).stringRole == role)
    }

    @Test(
        arguments: [
            (["$ref": "#/$defs/F", "$defs": ["F": file]], .file),
            (["$ref": "#/$defs/F", "description": "the picture", "$defs": ["F": file]], .file),
            (["$ref": "#/$defs/T", "format": "file", "$defs": ["T": text]], .file),
            (["$ref": "#/$defs/My%20File", "$defs": ["My File": file]], .file),
            (["$ref": "#/$defs/a~1b~0c", "$defs": ["a/b~c": file]], .file),
            (["$ref": "#picture", "$defs": ["F": ["$anchor": "picture", "type": "string", "format": "file"]]], .file),
            (["$ref": "#/anyOf/1", "x": 1, "anyOf": [text, file]], .file),
            (["$ref": "#/$defs/none"], .untyped), (["$ref": "https://example.com/file.json"], .untyped),
            (["$ref": "#"], .untyped), (["anyOf": [["$ref": "#"], file]], .file),
            (["allOf": [["$ref": "#"], ["$ref": "#"]]], .untyped),
            (["$ref": "#/$defs/A", "$defs": ["A": ["$ref": "#/$defs/B"], "B": ["$ref": "#/$defs/A"]]], .untyped),
        ] as [(JSONValue, JSONSchema.StringRole)])
    func `references lead to it, circles end`(schema: JSONValue, role: JSONSchema.StringRole) {
        #expect(JSONSchema(schema).stringRole == role)
    }

    @Test func `elements of a tuple are told apart`() {
        for tuple in [
            ["prefixItems": [Self.text, Self.file], "items": Self.text], ["items": [Self.text, Self.file]],
        ]
            as [JSONValue]
        {
            let schema = JSONSchema(tuple)
            #expect(schema.hasPrefix)
            #expect(schema.element(at: 0)?.stringRole == .text)
            #expect(schema.element(at: 1)?.stringRole == .file)
            #expect(schema.element(at: 2)?.acceptsFile != true)
            #expect(schema.element?.acceptsFile == true)
        }
        let list = JSONSchema(["items": Self.file])
        #expect(!list.hasPrefix)
        #expect(list.element(at: 7)?.stringRole == .file)
    }

    @Test func `a tuple is validated by position`() {
        let schema = JSONSchema(["prefixItems": [["type": "integer"], Self.text], "items": ["type": "boolean"]])
        #expect(schema.violations(of: [1, "a", true]).isEmpty)
        #expect(schema.violations(of: ["a", 1, 2]).map(\.pointer.description) == ["/0", "/1", "/2"])
    }

    @Test func `an object's constants choose among its alternatives`() {
        let schema = JSONSchema([
            "oneOf": [
                ["properties": ["kind": ["const": "image"], "source": Self.file]],
                ["properties": ["kind": ["enum": ["note", "text"]], "source": Self.text]],
            ]
        ])
        func role(_ kind: JSONValue?) -> JSONSchema.StringRole? {
            schema.narrowed { $0 == "kind" ? kind : nil }.member("source")?.stringRole
        }
        #expect(role("image") == .file)
        #expect(role("note") == .text)
        #expect(role(nil) == .fileOrText)
        #expect(role("other") == .fileOrText)
    }

    @Test func `what can be nothing but a file is told from what can be more`() {
        #expect(JSONSchema(Self.file).isFileAlone)
        #expect(JSONSchema(["anyOf": [Self.file, ["type": "null"]]]).isFileAlone)
        #expect(!JSONSchema(["anyOf": [Self.file, ["type": "array", "items": Self.file]]]).isFileAlone)
        #expect(!JSONSchema(["anyOf": [Self.file, [:]]]).isFileAlone)
        #expect(!JSONSchema(Self.text).isFileAlone)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a schema that branches without end is given up in time`() {
        var definitions: [(String, JSONValue)] = [("D0", Self.text)]
        for level in 1..<200 {
            let below: JSONValue = ["$ref": "#/$defs/D\(level - 1)"]
            definitions.append(("D\(level)", ["anyOf": [below, ["allOf": [below, ["title": "x"]]]]]))
        }
        let deep: JSONValue = ["$ref": "#/$defs/D199", "$defs": .object(JSONObject(members: definitions))]
        #expect(!JSONSchema(deep).acceptsFile)
        #expect(JSONSchema(deep).stringRole != .file)
        let wide: JSONValue = ["anyOf": .array((0..<2000).map { ["const": .integer($0)] })]
        #expect(JSONSchema(wide).stringRole == .text)
    }
}
