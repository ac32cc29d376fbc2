// SPDX-License-Identifier: Apache-2.0

import FerryApp
import FerryWire
import Foundation
import Testing

/// `File` in JSON, by way of `Codable` and of `JSONValue`.
@Suite struct FileFormTests {
    private struct Input: Codable {
        var image: File
        var mask: File?
        var more: [File]?
    }

    private func decode(_ json: String) throws -> Input {
        try JSONDecoder().decode(Input.self, from: Data(json.utf8))
    }

    @Test func `a file is read from an object, unknown members and all, and from a path`() throws {
        let file = try File(json: [
            "path": "/w/in/0", "content_type": "image/webp", "filename": "a b.webp", "size": 3, "id": "x", "uri": "",
        ])
        #expect(file == File(path: "/w/in/0", contentType: "image/webp", filename: "a b.webp"))
        #expect(try File(json: "/w/in/cat.png").filename == "cat.png")
    }

    @Test(
        arguments: [
            "", nil, [:], 7, ["path": ""], ["path": 1], ["uri": 1], ["uri": "/etc/passwd"], ["uri": "ftp://x/y"],
            ["path": "https://example.org/a.png"], ["filename": "x"], "file:///etc/passwd", "FILE:/etc/passwd",
            "ftp://example.org/x", "gopher://x", "a\0b", ["path": "a\0b"],
        ] as [JSONValue])
    func `anything else in a file field is invalid input`(value: JSONValue) {
        let failure = #expect(throws: AppFailure.self) { try File(json: value) }
        #expect(failure?.code == .invalidInput)
    }

    @Test func `Codable reads strings, objects with unknown keys, and lists`() throws {
        let input = try decode(
            """
            {"image":"/a/b.png","mask":{"uri":"https://example.org/m.png","id":"f1","extra":{"a":[1]},\
            "content_type":"image/png","size":12,"filename":"m.png","path":null},"more":["/x",{"path":"/y"}]}
            """)
        #expect(input.image == File(path: "/a/b.png"))
        #expect(input.mask?.uri == "https://example.org/m.png")
        #expect(input.mask?.size == 12)
        #expect(input.more?.map(\.filename) == ["x", "y"])
    }

    @Test(arguments: ["", ",\"mask\":null", ",\"mask\":\"\"", ",\"mask\":{}"])
    func `an absent file is nil where it may be`(member: String) throws {
        #expect(try decode("{\"image\":\"/a\"\(member)}").mask == nil)
    }

    @Test(arguments: ["{}", "{\"image\":null}", "{\"image\":\"\"}", "{\"image\":{}}", "{\"image\":{\"size\":1}}"])
    func `an absent file is an error that names the key where it must not be`(json: String) throws {
        let failure = #expect(throws: DecodingError.self) { try decode(json) }
        let context: DecodingError.Context? =
            switch failure {
            case .keyNotFound(_, let context), .dataCorrupted(let context), .valueNotFound(_, let context): context
            default: nil
            }
        #expect(context?.codingPath.map(\.stringValue) == ["image"])
    }

    @Test(arguments: ["7", "true", "[]", "{\"path\":7}", "\"ftp://x/y\""])
    func `a file of a wrong kind is a decoding error`(value: String) {
        #expect(throws: DecodingError.self) { try decode("{\"image\":\(value)}") }
        #expect(throws: DecodingError.self) { try decode("{\"image\":\"/a\",\"mask\":\(value)}") }
        #expect(throws: DecodingError.self) { try decode("{\"image\":\"/a\",\"more\":[\(value)]}") }
    }

    @Test func `Codable writes what is known and no nulls`() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let local = try encoder.encode(File(path: "/none/a.png"))
        #expect(
            String(decoding: local, as: UTF8.self)
                == #"{"content_type":"image/png","filename":"a.png","path":"/none/a.png"}"#)
        let remote = try encoder.encode(try File(uri: "https://example.org/x"))
        #expect(String(decoding: remote, as: UTF8.self) == #"{"filename":"x","uri":"https://example.org/x"}"#)
        let back = try JSONDecoder().decode(File.self, from: remote)
        #expect(back.uri == "https://example.org/x")
        let both = try File(json: ["path": "/a/b", "uri": "https://example.org/x"])
        #expect(both.uri == "https://example.org/x")
        #expect(try both.path == "/a/b")
    }

    @Test func `the schema of a file is a string of format file`() {
        #expect(File.jsonSchema() == ["type": "string", "format": "file"])
        #expect(
            File.jsonSchema(mediaType: "image/*")
                == ["type": "string", "format": "file", "contentMediaType": "image/*"])
    }
}
