// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@Suite("JSON Schema")
struct JSONSchemaTests {
    private func violations(_ schema: String, _ value: String) throws -> [String] {
        try JSONSchema(json(schema)).violations(of: json(value)).map(\.description)
    }

    @Test(
        "each keyword holds",
        arguments: [
            (#"{"type":"string"}"#, #""a""#, "1"), (#"{"type":"integer"}"#, "1", "1.5"),
            (#"{"type":"integer"}"#, "1.0", "\"1\""),
            (#"{"type":"number"}"#, "1", "true"), (#"{"type":"boolean"}"#, "true", "0"),
            (#"{"type":"null"}"#, "null", "false"),
            (#"{"type":"array"}"#, "[]", "{}"), (#"{"type":"object"}"#, "{}", "[]"),
            (#"{"type":["string","null"]}"#, "null", "1"),
            (#"{"enum":["a",1,null]}"#, "null", "\"b\""), (#"{"const":{"a":[1]}}"#, #"{"a":[1]}"#, #"{"a":[2]}"#),
            (#"{"required":["a"]}"#, #"{"a":null}"#, #"{"b":1}"#),
            (#"{"properties":{"a":{"type":"string"}}}"#, #"{"a":"x","b":1}"#, #"{"a":1}"#),
            (#"{"properties":{"a":{}},"additionalProperties":false}"#, #"{"a":1}"#, #"{"b":1}"#),
            (#"{"additionalProperties":{"type":"integer"}}"#, #"{"x":1}"#, #"{"x":"y"}"#),
            (#"{"items":{"type":"integer"}}"#, "[1,2]", "[1,\"a\"]"), (#"{"minItems":1}"#, "[1]", "[]"),
            (#"{"maxItems":1}"#, "[1]", "[1,2]"), (#"{"minLength":2}"#, "\"ab\"", "\"a\""),
            (#"{"maxLength":2}"#, "\"e\u{301}\"", "\"abc\""), (#"{"minimum":1}"#, "1", "0.5"),
            (#"{"maximum":1}"#, "1", "2"),
            (#"{"exclusiveMinimum":1}"#, "2", "1"), (#"{"exclusiveMaximum":1}"#, "0", "1"),
            (#"{"anyOf":[{"type":"string"},{"type":"integer"}]}"#, "1", "true"),
            (#"{"oneOf":[{"type":"string"},{"type":"null"}]}"#, "null", "1"),
            (#"{"allOf":[{"minimum":1},{"maximum":3}]}"#, "2", "4"),
            (##"{"$ref":"#/$defs/a","$defs":{"a":{"type":"string"}}}"##, "\"x\"", "1"),
            (
                ##"{"properties":{"a":{"$ref":"#/$defs/b~1c"}},"$defs":{"b/c":{"type":"integer"}}}"##, #"{"a":1}"#,
                #"{"a":"x"}"#
            ),
        ])
    func keywords(schema: String, good: String, bad: String) throws {
        #expect(try violations(schema, good) == [])
        #expect(try !violations(schema, bad).isEmpty)
    }

    @Test("a violation names its place and says what was expected")
    func messages() throws {
        let schema =
            #"{"type":"object","required":["x"],"properties":{"a":{"type":"array","items":{"type":"integer"}}}}"#
        #expect(try violations(schema, #"{"a":[1,"b"]}"#) == ["/x: is missing", "/a/1: expected integer, got string"])
        #expect(try violations("{\"type\":\"object\"}", "[]") == ["expected object, got array"])
        let unknown = #"{"properties":{"width":{}},"additionalProperties":false}"#
        #expect(try violations(unknown, #"{"widht":1}"#) == ["/widht: is not a known field; known: width"])
        let nested = #"{"anyOf":[{"type":"null"},{"properties":{"a":{"type":"string"}},"type":"object"}]}"#
        #expect(try violations(nested, #"{"a":1}"#) == ["/a: expected string, got integer"])
    }

    @Test("at most twenty violations are reported")
    func manyViolations() throws {
        let value = "[" + Array(repeating: "1", count: 1000).joined(separator: ",") + "]"
        #expect(try violations(#"{"items":{"type":"string"}}"#, value).count == JSONSchema.maximumViolations)
    }

    @Test(
        "what says nothing refuses nothing",
        arguments: ["{}", "true", "null", "[]", #"{"title":"x","format":"email"}"#])
    func emptySchemas(schema: String) throws {
        for value in ["1", "null", "{}", "[]", "\"x\""] { #expect(try violations(schema, value) == []) }
    }

    @Test("a file may be text or an object, here")
    func files() throws {
        let schema = #"{"properties":{"image":{"type":"string","format":"file"}}}"#
        for value in [#""inf://x""#, "{}", #"{"uri":"x"}"#, #""""#] {
            #expect(try violations(schema, "{\"image\":\(value)}") == [])
        }
        for value in ["1", "null", "[]", "true"] {
            #expect(try violations(schema, "{\"image\":\(value)}").count == 1)
        }
        let optional = #"{"properties":{"image":{"anyOf":[{"type":"string","format":"file"},{"type":"null"}]}}}"#
        #expect(try violations(optional, #"{"image":null}"#) == [])
        #expect(try violations(optional, #"{"image":"x"}"#) == [])
        #expect(try violations(optional, #"{"image":1}"#).count == 1)
    }

    @Test("file fields are found wherever the schema puts them")
    func fileFields() throws {
        let schema = JSONSchema(
            try json(
                ##"""
                {"type":"object","properties":{
                    "plain":{"type":"string"},
                    "file":{"type":"string","format":"file"},
                    "optional":{"anyOf":[{"$ref":"#/$defs/F"},{"type":"null"}]},
                    "list":{"type":"array","items":{"$ref":"#/$defs/F"}},
                    "nested":{"allOf":[{"properties":{"deep":{"type":"string","format":"file"}}}]},
                    "map":{"type":"object","additionalProperties":{"type":"string","format":"file"}},
                    "any":{},
                    "either":{"oneOf":[{"type":"string"},{"type":"string","format":"file"}]}
                },"$defs":{"F":{"type":"string","format":"file"}}}
                """##))
        #expect(!schema.acceptsFile)
        #expect(schema.member("plain")?.acceptsFile == false)
        #expect(schema.member("plain")?.isPlainString == true)
        #expect(schema.member("file")?.acceptsFile == true)
        #expect(schema.member("file")?.isPlainString == false)
        #expect(schema.member("optional")?.acceptsFile == true)
        #expect(schema.member("list")?.acceptsFile == false)
        #expect(schema.member("list")?.element?.acceptsFile == true)
        #expect(schema.member("nested")?.member("deep")?.acceptsFile == true)
        #expect(schema.member("map")?.member("whatever")?.acceptsFile == true)
        #expect(schema.member("any")?.isPlainString == false)
        #expect(schema.member("any")?.isEmpty == true)
        #expect(schema.member("either")?.acceptsFile == true)
        #expect(schema.member("either")?.isPlainString == false)
        #expect(schema.member("nothing") == nil)
        #expect(schema.member("plain")?.element == nil)
    }

    @Test(
        "a schema that refers to itself ends",
        arguments: [
            ##"{"$ref":"#"}"##, ##"{"anyOf":[{"$ref":"#"}]}"##, ##"{"allOf":[{"$ref":"#"},{"$ref":"#"}]}"##,
            ##"{"oneOf":[{"$ref":"#"},{"$ref":"#"},{"type":"string"}]}"##,
            ##"{"anyOf":[{"allOf":[{"$ref":"#"},{"$ref":"#"}]},{"$ref":"#"}]}"##,
            ##"{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}}"##,
            ##"{"additionalProperties":{"$ref":"#"},"allOf":[{"$ref":"#"}]}"##,
        ])
    func circles(schema: String) throws {
        let schema = JSONSchema(try json(schema))
        for value in ["1", "{\"a\":{\"a\":[1]}}", "[[1]]"] {
            #expect(schema.violations(of: try json(value)).count <= JSONSchema.maximumViolations)
        }
        #expect(schema.member("a")?.member("b")?.acceptsFile != true)
        #expect(!schema.acceptsFile)
        #expect(schema.element?.acceptsFile != true)
    }

    @Test("a recursive schema is followed as deep as the value is")
    func recursion() throws {
        let tree =
            ##"{"type":"object","properties":{"children":{"type":"array","items":{"$ref":"#"}},"name":{"type":"string"}}}"##
        #expect(try violations(tree, #"{"name":"a","children":[{"children":[{"name":"b"}]}]}"#) == [])
        #expect(
            try violations(tree, #"{"children":[{"children":[{"name":1}]}]}"#)
                == ["/children/0/children/0/name: expected string, got integer"])
        let value = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        #expect(try violations(##"{"type":"array","items":{"$ref":"#"}}"##, value) == [])
    }

    @Test(
        "references that lead nowhere say nothing",
        arguments: [
            ##"{"$ref":"#/$defs/none"}"##, #"{"$ref":"https://example.com/x"}"#, #"{"$ref":"../x"}"#, #"{"$ref":5}"#,
            #"{"$ref":""}"#,
        ])
    func lostReferences(schema: String) throws {
        #expect(try violations(schema, "1") == [])
    }
}
