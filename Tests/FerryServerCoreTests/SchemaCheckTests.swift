// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@testable import FerryServerCore

/// Schemas that no answer of a model could meet.
@Suite struct SchemaCheckTests {
    private static let typo: JSONValue = ["type": "intger"]

    private static func problem(_ schema: JSONValue) -> WireFormatError? {
        var check = SchemaCheck(schema)
        return check.firstProblem()
    }

    @Test(
        arguments: [
            (["properties": ["n": typo]], "/properties/n/type"),
            (["properties": ["a/b": ["properties": ["n": typo]]]], "/properties/a~1b/properties/n/type"),
            (["items": typo], "/items/type"), (["items": [["type": "string"], typo]], "/items/1/type"),
            (["prefixItems": [typo]], "/prefixItems/0/type"), (["anyOf": [typo]], "/anyOf/0/type"),
            (["oneOf": [["type": "null"], typo]], "/oneOf/1/type"), (["allOf": [typo]], "/allOf/0/type"),
            (["$defs": ["a": typo]], "/$defs/a/type"), (["definitions": ["a": typo]], "/definitions/a/type"),
            (["additionalProperties": typo], "/additionalProperties/type"),
            (["properties": ["n": ["type": ["string", "nul"]]]], "/properties/n/type/1"),
            (["properties": ["n": ["type": 3]]], "/properties/n/type"),
            (["properties": ["n": ["type": ["string", nil]]]], "/properties/n/type/1"),
            (["properties": ["n": ["$ref": "#/parts/n"]], "parts": ["n": typo]], "/parts/n/type"),
        ] as [(JSONValue, String)])
    func `a type that there is not is found wherever it is`(schema: JSONValue, pointer: String) throws {
        let problem = try #require(Self.problem(schema))
        #expect(problem.pointer.description == pointer)
        #expect(problem.reason.contains("must be one of string, number, integer, boolean, array, object, null"))
    }

    @Test(arguments: ["#/$defs/b", "#/$defs/a/x", "#/definitions/a", "#/"])
    func `a reference that leads to nothing is found`(reference: String) throws {
        let schema: JSONValue = [
            "$defs": ["a": ["type": "string"]], "properties": ["n": ["$ref": .string(reference)]],
        ]
        let problem = try #require(Self.problem(schema))
        #expect(problem.description.hasPrefix("/properties/n/$ref: \(reference) leads to nothing"))
    }

    @Test(
        arguments: [
            ["type": "object"], ["properties": ["n": ["type": ["string", "null"]]]], ["properties": ["n": true]],
            // A member's name, and values, are no keywords.
            ["properties": ["type": ["type": "string"], "$ref": ["type": "string"]]],
            ["properties": ["n": ["enum": [typo], "const": typo, "default": typo, "examples": [typo]]]],
            ["properties": ["n": ["x-note": typo, "not": [:], "type": []]]],
            ["properties": ["n": ["$ref": "#"], "m": ["$ref": "#/properties/n"]]],
            ["properties": ["n": ["$ref": "#named"], "m": ["$ref": "https://example.com/a#/b"]]],
            ["properties": ["n": ["$ref": "#/$defs/a~1b%20c"]], "$defs": ["a/b c": ["type": "string"]]],
            ["properties": ["n": ["$ref": "#/anyOf/0"]], "anyOf": [["$ref": "#/properties/n"]]],
            // A part with an address of its own is a document of its own.
            [
                "properties": [
                    "n": [
                        "$id": "https://example.com/n", "$defs": ["a": [:]], "properties": ["m": ["$ref": "#/$defs/a"]],
                    ]
                ]
            ],
        ] as [JSONValue])
    func `everything else is left alone`(schema: JSONValue) {
        #expect(Self.problem(schema) == nil)
    }

    @Test func `a schema that is deep, or full of references, is looked at for a bounded time`() {
        var deep = Self.typo
        for _ in 0..<SchemaCheck.maximumDepth { deep = ["items": deep] }
        #expect(Self.problem(deep)?.pointer.tokens.count == SchemaCheck.maximumDepth + 1)
        #expect(Self.problem(["items": deep]) == nil)
        let references = (0..<3_000).map { ("n\($0)", ["$ref": "#/properties/n\(($0 + 1) % 3_000)"] as JSONValue) }
        #expect(Self.problem(["properties": .object(JSONObject(members: references))]) == nil)
    }
}
