// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@testable import FerryApp

/// Types of the app's own, without a schema: what is written can be read again.
@Suite struct FieldCodingTests {
    private enum Shape: Codable, Hashable, Sendable {
        case circle(radius: Double)
        case roundedBox(cornerRadius: Double, URLPath: String)
        case imageURL(String)
        case none
    }

    private enum Speed: String, Codable, CodingKeyRepresentable, Hashable, Sendable {
        case slowMotion
        case full
    }

    private struct Point: Codable, Hashable, Sendable {
        var xPos: Int
        var label: String?
    }

    private struct Table: Codable, Hashable, Sendable {
        struct Key: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        var rows: [String: Int]

        init(rows: [String: Int]) { self.rows = rows }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            rows = [:]
            for key in container.allKeys { rows[key.stringValue] = try container.decode(Int.self, forKey: key) }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            for (name, value) in rows { try container.encode(value, forKey: Key(stringValue: name)) }
        }
    }

    private func json(_ value: some Encodable) throws -> JSONValue { try FieldWriter().json(of: value) }

    private func read<Value: Decodable>(_ type: Value.Type, _ json: JSONValue) throws -> Value {
        try FieldReader().value(type, from: json)
    }

    @Test(
        arguments: [
            .circle(radius: 2), .roundedBox(cornerRadius: 1.5, URLPath: "/x"), .imageURL("x"), .none,
        ] as [Shape])
    private func `a case with values is read as it was written`(shape: Shape) throws {
        let written = try json(shape)
        #expect(try read(Shape.self, written) == shape)
        #expect(written.objectValue?.keys.allSatisfy { $0 == $0.lowercased() } == true)
    }

    @Test func `a case is read by its own name too, and an unknown one is refused`() throws {
        #expect(try read(Shape.self, ["imageURL": ["_0": "x"]]) == .imageURL("x"))
        #expect(
            try read(Shape.self, ["roundedBox": ["cornerRadius": 1, "url_path": "/"]])
                == .roundedBox(cornerRadius: 1, URLPath: "/"))
        for name in ["image_u_r_l", "square", "rounded__box", "a_b_c_d_e_f_g", "_", ""] {
            #expect(throws: AppFailure.self) { try read(Shape.self, .object([name: ["_0": "x"]])) }
        }
    }

    @Test func `keys that are data keep their spelling`() throws {
        let table = Table(rows: ["aB": 1, "a_b": 2, "URL": 3])
        let written = try json(table)
        #expect(written["aB"] == 1 && written["a_b"] == 2 && written["URL"] == 3)
        #expect(try read(Table.self, written) == table)
        let speeds: [Speed: Int] = [.slowMotion: 1, .full: 2]
        #expect(try json(speeds) == ["slowMotion": 1, "full": 2] || json(speeds) == ["full": 2, "slowMotion": 1])
        #expect(try read([Speed: Int].self, try json(speeds)) == speeds)
    }

    @Test func `a property goes by its own name first, then by that in snake_case`() throws {
        #expect(try json(Point(xPos: 1)) == ["x_pos": 1])
        #expect(try read(Point.self, ["x_pos": 1]).xPos == 1)
        #expect(try read(Point.self, ["xPos": 2]).xPos == 2)
        #expect(try read(Point.self, ["x_pos": 1, "xPos": 2]).xPos == 2)
    }

    @Test func `a field goes by its name in the schema alone`() throws {
        let input: JSONValue = ["image": .string(#filePath), "plainNote": "a", "plain_note": "b"]
        #expect(try read(Everything.self, input).plainNote == "b")
    }

    @Test func `a local file as the official library writes it is read`() throws {
        let file = try File(json: ["uri": "/w/x.png", "path": "/w/x.png", "content_type": "image/png"])
        #expect(file == File(path: "/w/x.png", contentType: "image/png"))
        #expect(file.uri == nil)
        let decoded = try JSONDecoder().decode(File.self, from: Data(#"{"uri":"x.png","path":"/w/x.png"}"#.utf8))
        #expect(decoded == File(path: "/w/x.png"))
        #expect(throws: AppFailure.self) { try File(json: ["uri": "/w/x.png"]) }
    }
}
