// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryWire
import Testing

@testable import ferry

@Suite struct CLISamplerTests {
    /// The sample of a schema, files as `<name, size>`.
    private static func sample(_ schema: String) throws -> String {
        SampleText.text(SchemaSampler(try JSONValue(parsing: schema)).sample())
    }

    @Test(arguments: [
        (#"{"type":"string"}"#, #""A sample of sample.""#),
        (#"{"type":"string","minLength":30,"maxLength":30}"#, #""A sample of sample. And more. ""#),
        (#"{"type":"string","maxLength":3}"#, #""A s""#),
        (#"{"type":"string","format":"date-time"}"#, #""2026-01-31T12:00:00Z""#),
        (#"{"type":"string","enum":["slow","fast"]}"#, #""slow""#),
        (#"{"type":"integer"}"#, "1"),
        (#"{"type":"integer","minimum":7}"#, "7"),
        (#"{"type":"integer","exclusiveMinimum":7,"multipleOf":5}"#, "10"),
        (#"{"type":"integer","maximum":-3}"#, "-3"),
        (#"{"type":"number","minimum":0.25,"maximum":0.5}"#, "0.5"),
        (#"{"type":"number"}"#, "1.0"),
        (#"{"type":["null","boolean"]}"#, "false"),
        (#"{"type":"integer","minimum":1,"default":4,"examples":[9]}"#, "9"),
        (#"{"type":"integer","minimum":1,"default":4}"#, "4"),
        (#"{"const":"x","default":"y"}"#, #""x""#),
        (#"{"anyOf":[{"type":"null"},{"type":"integer"}]}"#, "1"),
        (#"{"type":"array","items":{"type":"integer"}}"#, "[1]"),
        (#"{"type":"array","items":{"type":"integer"},"minItems":3}"#, "[1,1,1]"),
        (#"{"type":"array","items":{"type":"integer"},"maxItems":0}"#, "[]"),
        (#"{"type":"null"}"#, "null"),
    ])
    func `a value is the smallest that its schema allows`(schema: String, expected: String) throws {
        #expect(try Self.sample(schema) == expected)
    }

    @Test func `an object has what is required and what has a default, in order`() throws {
        let schema = #"""
            {"type":"object","required":["b","image"],"properties":{
              "a":{"type":"string"},"b":{"type":"boolean"},"c":{"type":"integer","default":3},
              "d":{"anyOf":[{"type":"string"},{"type":"null"}],"default":null},
              "image":{"type":"string","format":"file","contentMediaType":"image/*"},
              "mask":{"type":"string","format":"file"}}}
            """#
        let text = try Self.sample(schema)
        #expect(text.hasPrefix(#"{"b":false,"c":3,"image":<image.png, "#), "\(text)")
        #expect(!text.contains("mask") && !text.contains(#""a""#) && !text.contains(#""d""#))
    }

    @Test func `references and allOf are followed, and a schema within itself ends`() throws {
        let schema = #"""
            {"type":"object","required":["box","tree"],"properties":{
              "box":{"allOf":[{"$ref":"#/$defs/Box"}],"description":"The box."},"tree":{"$ref":"#/$defs/Tree"}},
             "$defs":{"Box":{"type":"object","required":["w"],"properties":{"w":{"type":"integer","minimum":2}}},
                      "Tree":{"type":"object","required":["next"],"properties":{"next":{"$ref":"#/$defs/Tree"}}}}}
            """#
        let sample = SchemaSampler(try JSONValue(parsing: schema)).sample()
        #expect(SampleText.text(sample).hasPrefix(#"{"box":{"w":2},"tree":{"next":{"next":"#))
    }

    @Test func `a setup has what is required and what has a default, as JSON`() throws {
        let schema = try JSONValue(
            parsing:
                #"{"type":"object","required":["model"],"properties":{"model":{"enum":["small"]},"k":{"default":2},"x":{}}}"#
        )
        #expect(try SchemaSampler.setup(schema) == ["model": "small", "k": 2])
        #expect(try SchemaSampler.setup(.null) == .null)
        #expect(try SchemaSampler.setup(["type": "object", "properties": ["x": ["type": "string"]]]) == .null)
        #expect(throws: CommandFailure.self) {
            try SchemaSampler.setup(["type": "object", "required": ["f"], "properties": ["f": ["format": "file"]]])
        }
    }

    @Test(arguments: [
        ("image/png", "a.png", [0x89, 0x50, 0x4E, 0x47]), ("image/*", "a.png", [0x89, 0x50, 0x4E, 0x47]),
        ("image/webp", "a.png", [0x89, 0x50, 0x4E, 0x47]), ("image/jpeg", "a.jpg", [0xFF, 0xD8, 0xFF]),
        ("audio/*", "a.wav", Array("RIFF".utf8)), ("application/pdf", "a.pdf", Array("%PDF-1.4".utf8)),
        ("application/json", "a.json", Array("{".utf8)), ("text/csv", "a.csv", Array("name,".utf8)),
        ("video/mp4", "a.txt", Array("The ".utf8)),
    ])
    func `a file is of the wanted type`(type: String, name: String, start: [UInt8]) {
        let file = SampleFile.make(for: ["contentMediaType": .string(type)], name: "a")
        #expect(file.filename == name)
        #expect(file.bytes.starts(with: start))
    }

    @Test func `the picture's and the page's own numbers are right`() {
        let png = SamplePicture.png()
        // The check sums of chunks that every PNG of this size, and every PNG at all, ends in.
        #expect(Array(png[16..<24]) == [0, 0, 0, 64, 0, 0, 0, 64])
        #expect(Array(png.suffix(8)) == [0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82])
        let pdf = SampleFile.make(for: ["contentMediaType": "application/pdf"], name: "a").bytes
        let text = String(decoding: pdf, as: UTF8.self)
        let place = text.split(separator: "\n").dropLast().last.flatMap { Int($0) } ?? 0
        #expect(String(decoding: pdf[place...].prefix(4), as: UTF8.self) == "xref")
        let wav = SampleSound.wav()
        #expect(wav.count == 44 + 8_000)
        #expect(Array(wav[4..<8]) == [0x64, 0x1F, 0, 0])
    }
}
