// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

/// The published vectors of the web-platform-tests project, `Tests/Vectors`.
@Suite("Web-platform vectors")
struct WebPlatformVectorTests {
    /// Where the documented behaviour differs from the published one. An omitted type is `text/plain` without a
    /// character set in every vector; these differ beyond that.
    static let exceptions: [String: (type: String, bytes: [UInt8])] = [
        // Behind the colon there is no host that could be wrong.
        "data://test:test/,X": ("text/plain", [0x58]),
        // What follows `#` is data, since a data URI here has no fragment.
        "data:,X#X": ("text/plain", Array("X#X".utf8)),
    ]

    private static func vectors(_ name: String) throws -> [[JSONValue]] {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Vectors/\(name).json")
        let json = try JSONValue(parsing: try Data(contentsOf: path))
        return try #require(json["vectors"]?.arrayValue).compactMap(\.arrayValue)
    }

    private static func bytes(_ value: JSONValue?) -> [UInt8]? {
        value?.arrayValue?.compactMap { $0.integerValue.map(UInt8.init) }
    }

    @Test("data URLs give the published type and bytes, or one of the named exceptions")
    func dataURLs() throws {
        var used: Set<String> = []
        var checked = 0
        for vector in try Self.vectors("web-platform-data-urls") {
            let text = try #require(vector.first?.stringValue)
            var expected = Self.bytes(vector.last).map { (type: vector[1].stringValue ?? "", bytes: $0) }
            if let exception = Self.exceptions[text] {
                expected = exception
                used.insert(text)
            }
            if expected?.type == "text/plain;charset=US-ASCII" { expected?.type = "text/plain" }
            let uri = try? DataURI(text, maximumSize: 1000)
            #expect(uri?.mediaType.description == expected?.type, "\(text.debugDescription)")
            #expect(uri?.bytes == expected?.bytes, "\(text.debugDescription)")
            checked += 1
        }
        #expect(checked == 70)
        #expect(used == Set(Self.exceptions.keys))
    }

    @Test("forgiving base64 gives the published bytes, alone and in a data URI")
    func base64() throws {
        var checked = 0
        for vector in try Self.vectors("web-platform-base64") {
            let text = try #require(vector.first?.stringValue)
            let expected = Self.bytes(vector.last)
            #expect(Base64.decode(forgiving: text.utf8) == expected, "\(text.debugDescription)")
            #expect(Base64.decodedSize(text.utf8, form: .forgiving) == expected?.count, "\(text.debugDescription)")
            let uri = try? DataURI("data:;base64," + text, maximumSize: 1000)
            #expect(uri?.bytes == expected, "\(text.debugDescription)")
            checked += 1
        }
        #expect(checked == 71)
    }

    @Test("the URL-safe alphabet gives what the standard one gives")
    func urlSafeAlphabet() throws {
        var differing = 0
        for vector in try Self.vectors("web-platform-base64") {
            let text = try #require(vector.first?.stringValue)
            let other = text.replacing("/", with: "_").replacing("+", with: "-")
            if other != text { differing += 1 }
            #expect(Base64.decode(forgiving: other.utf8) == Self.bytes(vector.last), "\(other.debugDescription)")
        }
        #expect(differing > 5)
    }
}
