// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@testable import FerryServerCore

struct FileFieldsTests {
    private let schema = JSONSchema(AppDTO.resize.functions[0].inputSchema)

    private func places(_ input: JSONValue, _ schema: JSONSchema? = nil) -> [String] {
        FileFields.find(in: input, schema: schema ?? self.schema).map(\.pointer.description)
    }

    @Test func `files are found wherever the schema says file`() {
        let input: JSONValue = [
            "image": "a", "masks": ["b", ["uri": "c"]], "logo": "d", "layers": [["picture": "e", "name": "f"]],
            "note": "g", "width": 5, "unknown": "h",
        ]
        #expect(places(input) == ["/image", "/masks/0", "/masks/1", "/logo", "/layers/0/picture"])
    }

    @Test(arguments: [nil, "", [:]] as [JSONValue])
    func `a field that holds nothing is no file`(nothing: JSONValue) {
        #expect(places(["image": nothing, "masks": [nothing], "logo": nothing]).isEmpty)
    }

    @Test func `replacing touches files alone`() {
        let input: JSONValue = ["image": "a", "note": "b", "masks": ["c", ""], "width": 3, "logo": nil]
        let replaced = FileFields.replace(in: input, schema: schema) { .string("new \($0) \($1.stringValue ?? "")") }
        #expect(
            replaced == [
                "image": "new /image a", "note": "b", "masks": ["new /masks/0 c", ""], "width": 3, "logo": nil,
            ])
    }

    @Test func `references and lists of alternatives are followed`() {
        let schema = JSONSchema([
            "$defs": ["Picture": ["type": "object", "properties": ["file": .file]]],
            "properties": [
                "one": ["$ref": "#/$defs/Picture"],
                "many": ["anyOf": [.file, ["type": "array", "items": .file]]],
                "table": ["type": "object", "additionalProperties": .file],
            ],
        ])
        let input: JSONValue = ["one": ["file": "a"], "many": ["b", "c"], "table": ["x~/y": "d"]]
        #expect(places(input, schema) == ["/one/file", "/many/0", "/many/1", "/table/x~0~1y"])
        #expect(places(["many": "b"], schema) == ["/many"])
    }

    @Test func `without a schema nothing is a file`() {
        #expect(places(["image": "/etc/passwd"], JSONSchema(.null)).isEmpty)
    }

    @Test func `addresses are found where the schema says nothing, and only there`() {
        let uri = JSONValue.string("inf://files/abcdefghijklmnopqrstuvwxyz/a.png")
        let schema = JSONSchema(["properties": ["image": .file, "note": ["type": "string"], "any": [:]]])
        let input: JSONValue = ["image": uri, "note": uri, "any": uri, "more": [uri, "text", 1, "inf://x"]]
        let found = FileFields.openAddresses(in: input, schema: schema).map(\.pointer.description)
        #expect(found == ["/any", "/more/0"])
        let free = FileFields.openAddresses(in: ["deep": [["er": uri]]], schema: JSONSchema(.null))
        #expect(free.map(\.pointer.description) == ["/deep/0/er"])
        let replaced = FileFields.replace(in: input, schema: schema, withOpenAddresses: true) { _, _ in "new" }
        #expect(
            replaced == ["image": "new", "note": uri, "any": "new", "more": ["new", "text", 1, "inf://x"]])
    }

    @Test func `elements of a tuple are told apart`() {
        let schema = JSONSchema(["prefixItems": [["type": "string"], .file], "items": ["type": "string"]])
        #expect(places(["a", "b", "c"], schema) == ["/1"])
    }

    @Test func `an input that is itself a file is found at the root`() {
        #expect(places("a", JSONSchema(.file)) == [""])
    }
}
