// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@testable import ferry

/// How `ferry app get` tells types, and what `--save` takes for a file.
@Suite struct CLISchemaTests {
    @Test(arguments: [
        (##"{"type":"string"}"##, "string"), (##"{"type":["string","null"]}"##, "string"), (##"{}"##, "any"),
        (##"{"anyOf":[{"type":"string"},{"type":"null"}]}"##, "string"),
        (##"{"anyOf":[{"type":"integer"},{"type":"string"},{"type":"integer"},{"type":"null"}]}"##, "integer|string"),
        (##"{"oneOf":[{"$ref":"#/$defs/Photo"},{"type":"null"}]}"##, "file"),
        (##"{"$ref":"#/$defs/Size"}"##, "small|large"),
        (##"{"allOf":[{"$ref":"#/$defs/Size"}],"default":"small"}"##, "small|large"),
        (##"{"type":"array","items":{"$ref":"#/$defs/Photo"}}"##, "file[]"),
        (##"{"type":"array","items":{"anyOf":[{"type":"integer"},{"type":"string"}]}}"##, "(integer|string)[]"),
        (##"{"anyOf":[{"type":"array","items":{"type":"string"}},{"type":"null"}]}"##, "string[]"),
        (##"{"type":"array"}"##, "array"), (##"{"items":{"type":"number"}}"##, "number[]"),
        (##"{"type":"null"}"##, "null"),
        (##"{"properties":{}}"##, "object"), (##"{"$ref":"#/nowhere"}"##, "any"),
        (##"{"$ref":"#/$defs/Loop"}"##, "any"),
        (##"{"enum":["any","jpeg"]}"##, "any|jpeg"), (##"{"const":3}"##, "3"),
        (##"{"anyOf":[{"type":"string"},{}]}"##, "any"),
    ])
    func `a type is told in words`(field: String, expected: String) throws {
        let reader = SchemaReader(
            try JSONValue(
                parsing: """
                    {"$defs":{"Photo":{"type":"string","format":"file"},"Size":{"enum":["small","large"]},
                    "Loop":{"anyOf":[{"$ref":"#/$defs/Loop"},{"$ref":"#/$defs/Loop"}]}}}
                    """))
        #expect(reader.type(of: try JSONValue(parsing: field)) == expected)
    }

    @Test(arguments: [
        (#"{"default":10}"#, "10"), (#"{"default":"webp"}"#, "webp"), (#"{"default":""}"#, #""""#),
        (#"{"default":[1]}"#, "[1]"), (#"{"default":false}"#, "false"), (#"{"default":null}"#, nil), ("{}", nil),
        (#"{"default":"0123456789012345678901234567890123456789!"}"#, "0123456789012345678901234567890123456789…"),
    ])
    func `a default is told, long ones cut`(field: String, expected: String?) throws {
        #expect(SchemaReader([:]).defaultText(of: try JSONValue(parsing: field)) == expected)
    }

    @Test func `an app's fields are shown with types, defaults and what must be there`() throws {
        let schema = try JSONValue(
            parsing: """
                {"type":"object","required":["image"],"properties":{
                  "image":{"$ref":"#/$defs/File"},"mask":{"anyOf":[{"$ref":"#/$defs/File"},{"type":"null"}],"default":null},
                  "tags":{"type":"array","items":{"type":"string"},"default":["a"],"description":"Words."}},
                 "$defs":{"File":{"type":"string","format":"file","description":"A picture."}}}
                """)
        let app = AppDTO(
            id: "", createdAt: Timestamp(seconds: 0), updatedAt: Timestamp(seconds: 0), namespace: "a", name: "b",
            description: "", category: "", versionID: "", defaultFunction: "run",
            functions: [AppFunctionDTO(name: "run", inputSchema: schema, outputSchema: .null)])
        let rows = AppGet.lines(app).suffix(3).map { line in
            line.split(separator: " ").joined(separator: " ")
        }
        #expect(rows == ["image file required A picture.", "mask file", #"tags string[] default ["a"] Words."#])
    }

    @Test func `an address is a file where the output's schema says so, and nowhere else`() throws {
        let schema = JSONSchema(
            try JSONValue(
                parsing: """
                    {"type":"object","properties":{
                      "audio":{"type":"string","format":"file"},"page":{"type":"string"},
                      "stems":{"type":"array","items":{"anyOf":[{"$ref":"#/$defs/File"},{"type":"null"}]}}},
                     "$defs":{"File":{"type":"string","format":"file"}}}
                    """))
        let output = try JSONValue(
            parsing: """
                {"audio":"https://files.example/a/song.mp3?sig=1","page":"https://example.com/page.html","more":
                 "https://example.com/x.png","stems":["inf://files/abc/drums.wav",null,"no address"],
                 "image":{"uri":"https://files.example/i.png","filename":"shown.png"}}
                """)
        let found = OutputFiles.find(in: output, schema: schema)
        #expect(found.map(\.name) == ["song.mp3", "drums.wav", "shown.png"])
        #expect(OutputFiles.holdsLooseAddress(output))
        #expect(OutputFiles.find(in: output).map(\.name) == ["shown.png"])
        let record: JSONValue = ["image": ["uri": "https://files.example/i.png"], "n": 3]
        #expect(!OutputFiles.holdsLooseAddress(record))
        // An output that is the file itself.
        let alone = JSONSchema(["type": "string", "format": "file"])
        #expect(OutputFiles.find(in: "https://files.example/a.png", schema: alone).map(\.name) == ["a.png"])
    }
}
