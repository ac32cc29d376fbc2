// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

/// Rows 1 to 20 of the catalogue of bad input: data URIs typed, and in a file. Row 13's limit is tested beside the
/// reader of such files.
@Suite(.serialized, .timeLimit(.minutes(3))) struct CLIDataURIRowTests {
    /// Both ways to give a data URI; NUL cannot be typed.
    private func sources(_ text: String, _ ferry: CLICommand) throws -> [String] {
        _ = try ferry.folder.file("uri.txt", bytes: Array(text.utf8))
        return text.utf8.contains(0) ? ["@uri.txt"] : [text, "@uri.txt"]
    }

    private func accepted(_ text: String, _ bytes: [UInt8], type: String = "text/plain") async throws {
        try await CLICommand.with { ferry in
            for source in try sources(text, ferry) {
                let up = try await ferry("upload", "--data-uri", source, "--json")
                #expect(up.status == 0, "\(up.errors)")
                let record = try up.json()
                #expect(record["content_type"] == .string(type))
                #expect(record["size"] == .integer(Int64(bytes.count)))
                let id = try #require(record["id"]?.stringValue)
                #expect(try await ferry("download", id, "-o", "-").output == bytes)
            }
        }
    }

    /// The server named is not there: what is refused is refused before anything is asked of it.
    private func refused(_ text: String) async throws {
        let ferry = CLICommand(folder: try TestFolder())
        for source in try sources(text, ferry) {
            let up = try await ferry(
                "upload", "--data-uri", source, "--base-url", "http://127.0.0.1:1", "--api-key", "inf_x")
            #expect(up.status == 6, "\(up.errors)")
            #expect(up.output.isEmpty)
            #expect(up.errorLines.count == 1)
            #expect(up.errors.contains("Invalid data URI format: "))
            #expect(up.errors.utf8.count < 300)
        }
    }

    @Test(arguments: ["data:"]) func `row 1: a typed scheme alone is refused`(text: String) async throws {
        try await refused(text)
    }

    @Test(arguments: ["data:,"]) func `row 2: typed, an empty payload is an empty text`(text: String) async throws {
        try await accepted(text, [])
    }

    @Test(arguments: ["data:text/html", "data:image/png;base64"])
    func `row 3: typed without a comma it is refused`(text: String) async throws { try await refused(text) }

    @Test(arguments: ["data:;base64;base64,WA"])
    func `row 4: typed, base64 said twice is base64`(text: String) async throws { try await accepted(text, [0x58]) }

    @Test(arguments: ["data:x/x;base64;charset=x,WA"])
    func `row 5: typed, base64 that is not last is none`(text: String) async throws {
        try await accepted(text, [0x57, 0x41], type: "x/x;charset=x")
    }

    @Test(arguments: ["data:;BASe64,WA"])
    func `row 6: typed, base64 is said in any case`(text: String) async throws { try await accepted(text, [0x58]) }

    @Test(arguments: ["data:image/png;charset=utf-8;base64,AAAA"])
    func `row 7: typed, parameters stand before base64`(text: String) async throws {
        try await accepted(text, [0, 0, 0], type: "image/png;charset=utf-8")
    }

    @Test(arguments: ["data:;%62ase64,WA"])
    func `row 8: typed, an escaped word is not base64`(text: String) async throws {
        try await accepted(text, [0x57, 0x41])
    }

    @Test(arguments: ["DATA:,X"])
    func `row 9: typed, the scheme is in any case`(text: String) async throws { try await accepted(text, [0x58]) }

    @Test(arguments: ["a%0", "%zz"])
    func `row 10: typed, what is no escape is literal`(payload: String) async throws {
        try await accepted("data:text/plain," + payload, Array(payload.utf8))
    }

    @Test(arguments: ["data:,%FF"])
    func `row 11: typed, bytes need not be text`(text: String) async throws { try await accepted(text, [0xFF]) }

    @Test(arguments: ["data:text/html\r\nX-Y: z,x", "data:text/\0html,x"])
    func `row 12: typed, a line end or NUL in the type makes it plain text`(text: String) async throws {
        try await accepted(text, [0x78])
    }

    @Test(arguments: [256, 65_536])
    func `row 14: typed, an endless media type is refused`(length: Int) async throws {
        try await refused("data:a/" + String(repeating: "b", count: length) + ",x")
    }

    @Test(arguments: ["a", "abcde"])
    func `row 15: typed, one digit left over is refused`(digits: String) async throws {
        try await refused("data:;base64," + digits)
    }

    @Test(arguments: ["YR"])
    func `row 16: typed, stray bits are forgiven`(digits: String) async throws {
        try await accepted("data:;base64," + digits, [0x61])
    }

    @Test(arguments: ["ab=c", "abcd==="])
    func `row 17: typed, wrong padding is refused`(digits: String) async throws {
        try await refused("data:;base64," + digits)
    }

    @Test(arguments: ["ab\tc\nd"])
    func `row 18: typed, white space is forgiven`(digits: String) async throws {
        try await accepted("data:;base64," + digits, [0x69, 0xB7, 0x1D])
    }

    @Test(arguments: ["-_8="])
    func `row 19: typed, the URL-safe alphabet is taken`(digits: String) async throws {
        try await accepted("data:;base64," + digits, [0xFB, 0xFF])
    }

    @Test(arguments: ["ab\u{A0}cd", "ab\u{3000}cd"])
    func `row 20: typed, other white space is refused`(digits: String) async throws {
        try await refused("data:;base64," + digits)
    }
}
