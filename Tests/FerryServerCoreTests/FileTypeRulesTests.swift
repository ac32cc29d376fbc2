// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

struct FileTypeRulesTests {
    private static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13]
    private static let zip: [UInt8] = [0x50, 0x4B, 3, 4, 20, 0, 0, 0, 8, 0]

    /// What was declared, the file's name, what came with the bytes, and the type of it all for bytes that are PNG.
    @Test(
        arguments: [
            ("image/webp", "a.gif", "text/html", "image/webp"), (nil, "a.gif", "text/html", "text/html"),
            (nil, "a.gif", nil, "image/png"), (nil, "a.gif", "", "image/png"), (nil, "a", "garbage", "image/png"),
            ("", "a", "application/octet-stream", "image/png"), ("*/*", "a", nil, "image/png"),
            ("application/octet-stream", "a.gif", "image/avif", "image/avif"),
            ("application/octet-stream", "a.gif", "application/octet-stream", "image/png"),
            (nil, "a.gif", "application/x-www-form-urlencoded", "image/png"),
        ] as [(String?, String, String?, String)])
    func `the type is what was declared, then what came, then what the bytes tell`(
        declared: String?, filename: String, given: String?, expected: String
    ) async throws {
        let world = try await World()
        let record = try await world.pending(PartialFile(filename: filename, contentType: declared))
        let ticket = try await world.services.uploads.admit(try world.head(of: record, type: given))
        let ready = try await world.services.uploads.receive(ticket, body: OneChunk(bytes: Self.png))
        #expect(ready.contentType == expected)
        #expect(!ready.hasGuessedType)
    }

    @Test(arguments: [
        ("a.docx", "application/zip", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.epub", "application/zip", "application/epub+zip"), ("a.zip", "application/zip", "application/zip"),
        ("a", "application/zip", "application/zip"), ("a.png", "application/zip", "application/zip"),
        // What a larger data base says of the inside counts.
        ("a", "application/epub+zip", "application/epub+zip"),
        // What it says of text, of rare kinds, or of nothing does not.
        ("a.docx", "text/plain", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a", "application/x-very-rare", "application/zip"), ("a", "application/octet-stream", "application/zip"),
    ])
    func `what shares a container is settled by name`(filename: String, told: String, expected: String) {
        let type = FileTypeRules.settled(content: MediaType(told), head: Self.zip, filename: filename)
        #expect(type.description == expected)
    }

    @Test(arguments: [
        ("a.md", "text/markdown"), ("a.csv", "text/csv"), ("a", "application/octet-stream"), ("a.png", "image/png"),
    ])
    func `text is what its name says`(filename: String, expected: String) {
        for told in ["text/plain", "text/html", "application/json", "text/x-shellscript"] {
            let type = FileTypeRules.settled(
                content: MediaType(told), head: Array("hello, world".utf8), filename: filename)
            #expect(type.description == expected)
        }
    }

    @Test func `only so many bytes are looked at, however they come`() {
        let sample = HeadSample(limit: 10)
        for byte in 0..<30 { sample.take([UInt8(byte), UInt8(byte)]) }
        #expect(sample.bytes == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4])
        let none = HeadSample(limit: 0)
        none.take([1, 2])
        #expect(none.bytes.isEmpty)
    }
}
