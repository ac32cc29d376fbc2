// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

/// Rows 21 to 38 and 47 to 56 of the catalogue of bad input: names and types given to the command line, and names
/// under which it saves.
@Suite(.serialized, .timeLimit(.minutes(3))) struct CLINameRowTests {
    /// The label of an upload of that name, and the one name that a download of it has in its folder.
    private func roundTrip(_ name: String) async throws -> (label: String, saved: String) {
        var result: (String, String)?
        try await CLICommand.with { ferry in
            _ = try ferry.folder.file("x", bytes: [1, 2])
            let up = try await ferry("upload", "x", "--filename=\(name)", "--json")
            #expect(up.status == 0, "\(up.errors)")
            let record = try up.json()
            let down = try await ferry("download", try #require(record["id"]?.stringValue), "-o", "down/")
            #expect(down.status == 0, "\(down.errors)")
            let names = try FileManager.default.contentsOfDirectory(atPath: "\(ferry.folder.url.path)/down")
            #expect(names.count == 1)
            let saved = try #require(names.first)
            let copy = ferry.folder.url.appendingPathComponent("down").appendingPathComponent(saved)
            #expect(try Array(Data(contentsOf: copy)) == [1, 2])
            result = (record["filename"]?.stringValue ?? "", saved)
        }
        return try #require(result)
    }

    private func expect(_ name: String, label: String, saved: String) async throws {
        let result = try await roundTrip(name)
        #expect(Array(result.label.utf8) == Array(label.utf8))
        #expect(Array(result.saved.utf8) == Array(saved.utf8))
    }

    /// The server named is not there: what is refused is refused before anything is asked of it.
    private func refused(_ option: String) async throws {
        let ferry = CLICommand(folder: try TestFolder())
        _ = try ferry.folder.file("x", bytes: [1])
        let up = try await ferry("upload", "x", option, "--base-url", "http://127.0.0.1:1", "--api-key", "inf_x")
        #expect([2, 6].contains(up.status), "\(up.errors)")
        #expect(up.output.isEmpty)
        #expect(up.errorLines.count == 1)
        #expect(up.errors.utf8.count < 400)
    }

    @Test(arguments: ["../../etc/passwd"]) func `row 21: a given way upwards is a label`(name: String) async throws {
        try await expect(name, label: "passwd", saved: "passwd")
    }

    @Test(arguments: ["..\\..\\win.ini"]) func `row 22: given backslashes are a label`(name: String) async throws {
        try await expect(name, label: name, saved: ".._.._win.ini")
    }

    @Test(arguments: ["/abs/path"]) func `row 23: of a given path the last part is the label`(name: String) async throws
    {
        try await expect(name, label: "path", saved: "path")
    }

    @Test(arguments: [".", "..", "/"]) func `row 24: a given name that is none is file`(name: String) async throws {
        try await expect(name, label: "file", saved: "file")
    }

    @Test(arguments: ["a\r\nSet-Cookie: x=1", "a\nb"])
    func `row 26: a line end in a given name is refused`(name: String) async throws {
        try await refused("--filename=\(name)")
    }

    @Test(arguments: ["a\nb", "a\u{7F}.png"])
    func `row 26: a line end in a file's own name is refused`(name: String) async throws {
        let ferry = CLICommand(folder: try TestFolder())
        _ = try ferry.folder.file(name, bytes: [1])
        let up = try await ferry("upload", name, "--base-url", "http://127.0.0.1:1", "--api-key", "inf_x")
        #expect(up.status == 6, "\(up.errors)")
        #expect(up.errorLines.count == 1)
    }

    @Test(arguments: [("a\";b=\\", "a_;b=_")])
    func `row 27: given quotes and backslashes come through`(name: String, saved: String) async throws {
        try await expect(name, label: name, saved: saved)
    }

    @Test(arguments: ["résumé €.pdf", "💾"]) func `row 28: given names stay in their script`(name: String) async throws {
        try await expect(name, label: name, saved: name)
    }

    @Test(arguments: ["\u{202E}gpj.exe"]) func `row 29: marks of direction in a given name go`(name: String)
        async throws
    {
        try await expect(name, label: "gpj.exe", saved: "gpj.exe")
    }

    @Test(arguments: ["a/\u{338}b"]) func `row 30: a given slash under a mark is refused`(name: String) async throws {
        try await refused("--filename=\(name)")
    }

    @Test(arguments: [255, 256]) func `row 31: a given long name is cut`(length: Int) async throws {
        let cut = String(repeating: "x", count: 255)
        try await expect(String(repeating: "x", count: length), label: cut, saved: cut)
    }

    @Test(arguments: [65_536]) func `row 31: a given endless name is refused`(length: Int) async throws {
        try await refused("--filename=\(String(repeating: "x", count: length))")
    }

    @Test(arguments: ["\u{E9}.txt", "e\u{301}.txt"])
    func `row 32: a given name keeps its spelling`(name: String) async throws {
        try await expect(name, label: name, saved: name)
    }

    @Test(arguments: [("CON", "_CON"), ("nul.txt", "_nul.txt"), ("a:ads", "a_ads"), ("dot.", "dot")])
    func `row 34: reserved names are saved under safe ones`(name: String, saved: String) async throws {
        try await expect(name, label: name, saved: saved)
    }

    @Test(arguments: [".htaccess", ".env", "x.php.jpg"])
    func `row 37: names that web servers know are saved as they are`(name: String) async throws {
        try await expect(name, label: name, saved: name)
    }

    @Test(arguments: ["%2e%2e%2f", "%252e"]) func `row 38: escapes in a given name are text`(name: String) async throws
    {
        try await expect(name, label: name, saved: name)
    }

    @Test(arguments: ["a/b\r\nX: y", "a/b\n"])
    func `row 47: a line end in a given type is refused`(type: String) async throws {
        try await refused("--content-type=\(type)")
    }

    @Test(arguments: ["garbage", "*/*", "a/" + String(repeating: "x", count: 2048)])
    func `row 48: a given type that is none counts as bytes`(type: String) async throws {
        try await CLICommand.with { ferry in
            _ = try ferry.folder.file("x", bytes: [0, 1, 2])
            let up = try await ferry("upload", "x", "--content-type", type, "--json")
            #expect(try up.json()["content_type"] == "application/octet-stream", "\(up.errors)")
            #expect(up.errorLines.count == 1)
            #expect(up.errors.contains("is no media type"))
        }
    }

    @Test(arguments: [0, 300_000]) func `rows 55 and 56: standard input of no and of any size is a file`(count: Int)
        async throws
    {
        try await CLICommand.with { ferry in
            let bytes = PatternedBytes.make(count: count, seed: 3)
            let up = try await ferry("upload", "-", "--filename", "piped.bin", "--json", input: bytes)
            #expect(try up.json()["size"] == .integer(Int64(count)), "\(up.errors)")
            let id = try #require(try up.json()["id"]?.stringValue)
            #expect(try await ferry("download", id, "-o", "-").output == bytes)
        }
    }
}
