// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import NIOHTTP1
import Testing

@testable import FerryClient

/// Rows 21–38 and 44 of the catalogue of bad input: names on their way up and down through the client.
@Suite struct FilenameRowTests {
    /// The name a record is made with.
    private func label(_ name: String) async throws -> String? {
        let options = UploadFileOptions(filename: name)
        return try await seen { try await $0.files.upload([1], options: options) }.filename?.stringValue
    }

    private func refusedName(_ name: String) async throws {
        let error = try await refused { try await $0.files.upload([1], options: UploadFileOptions(filename: name)) }
        #expect(error.code == .invalidInput)
    }

    /// The name under which a download of a file so called is saved in a folder; told by record, header and address.
    private func saved(_ name: String) async throws -> String {
        var results: Set<String> = []
        try await withFolder { root in
            let header = ContentDisposition.header(filename: name, isInline: false)
            let script: StubServer.Script = { request, _ in
                .respond(
                    status: 200, headers: request.path == "/named" ? ["Content-Disposition": header] : [:],
                    body: [1, 2])
            }
            try await withStub(script: script) { (ferry, server) async throws in
                for (index, kind) in ["record", "header"].enumerated() {
                    let folder = "\(root)/deep/\(index)"
                    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                    let path =
                        kind == "record"
                        ? try await ferry.files.download(record(url: "\(server.url)/f", filename: name), to: folder)
                        : try await ferry.files.download("\(server.url)/named", to: folder)
                    let names = try names(in: folder)
                    #expect(names.count == 1)
                    #expect(path == "\(folder)/\(names[0])")
                    #expect(try read(path) == [1, 2])
                    results.insert(names[0])
                }
            }
            #expect(try names(in: root) == ["deep"])
            #expect(try names(in: "\(root)/deep") == ["0", "1"])
        }
        let only = try #require(results.first)
        return only
    }

    private func isSafe(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".." && name.utf8.count <= 255
            && !name.utf8.contains { $0 < 0x20 || $0 == 0x7F || "/\\:*?\"<>|".utf8.contains($0) }
    }

    @Test(arguments: ["../../etc/passwd", "../../../../../../etc/passwd"])
    func `row 21: a way upwards is only a label`(name: String) async throws {
        #expect(try await label(name) == "passwd")
        #expect(isSafe(try await saved(name)))
    }

    @Test(arguments: ["..\\..\\win.ini"]) func `row 22: backslashes are only a label`(name: String) async throws {
        #expect(try await label(name) == name)
        #expect(try await saved(name) == ".._.._win.ini")
    }

    @Test(arguments: ["/abs/path", "/etc/path"]) func `row 23: of a path the last part counts`(name: String)
        async throws
    {
        #expect(try await label(name) == "path")
        #expect(isSafe(try await saved(name)))
    }

    @Test(arguments: ["", ".", "..", "/", "//", "a/.."])
    func `row 24: no name at all becomes one`(name: String) async throws {
        #expect(try await label(name) == "file")
        #expect(isSafe(try await saved(name)))
    }

    @Test(arguments: ["a\0.png", "\0"]) func `row 25: NUL is refused`(name: String) async throws {
        try await refusedName(name)
    }

    @Test(arguments: ["a\r\nSet-Cookie: x=1", "a\nb", "a\u{7F}b"])
    func `row 26: line ends are refused`(name: String) async throws { try await refusedName(name) }

    @Test(arguments: ["a\";b=\"c\\d", "\"", "\\\\"])
    func `row 27: quotes and backslashes go up as they are and are saved safely`(name: String) async throws {
        #expect(try await label(name) == name)
        let saved = try await saved(name)
        #expect(isSafe(saved))
        #expect(saved.utf8.count == name.utf8.count)
    }

    @Test(arguments: ["résumé €.pdf", "写真 2024.jpg", "😀.txt"])
    func `row 28: names in any script stay whole both ways`(name: String) async throws {
        #expect(try await label(name).map { Array($0.utf8) } == Array(name.utf8))
        #expect(Array(try await saved(name).utf8) == Array(name.utf8))
    }

    @Test(arguments: ["\u{202E}gpj.exe", "a\u{2066}b.exe\u{2069}"])
    func `row 29: marks that turn the direction are taken out`(name: String) async throws {
        let plain = name.unicodeScalars.filter { ![0x202E, 0x2066, 0x2069].contains($0.value) }
        let expected = String(String.UnicodeScalarView(plain))
        #expect(try await label(name) == expected)
        #expect(try await saved(name) == expected)
    }

    @Test(arguments: ["a/\u{338}b"]) func `row 30: a slash under a mark is refused`(name: String) async throws {
        try await refusedName(name)
        #expect(isSafe(try await saved(name)))
    }

    @Test(arguments: [255, 256, 64 << 10]) func `row 31: long names are cut, endless ones refused`(length: Int)
        async throws
    {
        let name = String(repeating: "é", count: length / 2) + (length % 2 == 1 ? "x" : "")
        guard length <= Filename.maximumInputLength else { return try await refusedName(name) }
        let label = try #require(try await label(name))
        #expect(label.utf8.count == (length == 255 ? 255 : 254))
        #expect(name.utf8.starts(with: label.utf8))
        #expect(isSafe(try await saved(name)))
    }

    @Test(arguments: [("\u{E9}.txt", "e\u{301}.txt")])
    func `row 32: two spellings of one letter are two names`(composed: String, decomposed: String) async throws {
        for name in [composed, decomposed] {
            let label = try #require(try await label(name))
            #expect(Array(label.utf8) == Array(name.utf8))
            #expect(Array(try await saved(name).utf8) == Array(name.utf8))
        }
    }

    @Test(arguments: ["\\ud800", "\\udc00x", "\u{FF}"])
    func `row 33: an answer with half a character is refused`(half: String) async throws {
        let body =
            Array("{\"id\":\"\(fileID)\",\"filename\":\"".utf8) + (half == "\u{FF}" ? [0xFF] : Array(half.utf8))
            + Array("\"}".utf8)
        try await withStub(script: { _, _ in .respond(status: 200, body: body) }) { (ferry, _) async throws in
            let error = await ferryError { _ = try await ferry.files.get(fileID) }
            #expect(error?.code == .server)
        }
    }

    @Test(arguments: ["CON", "nul.txt", "a:ads", "dot.", "space ", "COM1.log", "LPT9", "aux.tar.gz", "..."])
    func `row 34: names that mean something to a system are saved under safe ones`(name: String) async throws {
        #expect(try await label(name) == name)
        let saved = try await saved(name)
        #expect(isSafe(saved))
        #expect(saved != name)
        #expect(saved.utf8.last != UInt8(ascii: ".") && saved.utf8.last != UInt8(ascii: " "))
    }

    @Test(arguments: ["-rf", "--output=x", "-"]) func `row 35: names like options are names`(name: String) async throws
    {
        #expect(try await label(name) == name)
        #expect(try await saved(name) == name)
    }

    @Test(arguments: ["=cmd()", "$(id)", "`id`", "${HOME}", "a;b&c"])
    func `row 36: names like commands are text`(name: String) async throws {
        #expect(try await label(name) == name)
        #expect(try await saved(name) == name)
    }

    @Test(arguments: [".htaccess", ".env", "x.php.jpg"])
    func `row 37: names that mean something to servers are names`(name: String) async throws {
        #expect(try await label(name) == name)
        #expect(try await saved(name) == name)
    }

    @Test(arguments: [("%2e%2e%2f", "%2e%2e%2f"), ("%252e", "%252e"), ("%2fetc%2fpasswd", "%2fetc%2fpasswd")])
    func `row 38: escapes in a name are text`(name: String, expected: String) async throws {
        #expect(try await label(name) == expected)
        #expect(try await saved(name) == expected)
    }

    @Test(arguments: [
        ("/content/x/%252e%252e%252fx", "%2e%2e%2fx"), ("/content/x/%2e%2e%2fx", ".._x"), ("/x/%00", "_"),
    ])
    func `row 38: a name out of an address is decoded once and is no path`(path: String, expected: String) async throws
    {
        try await withFolder { folder in
            try await withStub(script: { _, _ in .respond(status: 200, body: [1]) }) { (ferry, server) async throws in
                _ = try await ferry.files.download("\(server.url)\(path)", to: folder)
                #expect(try names(in: folder) == [expected])
            }
        }
    }

    @Test(arguments: ["../x", "../../x.zip", "/x.tar", "CON", "..", "a/b/c"])
    func `row 44: a download is saved beneath its target alone`(name: String) async throws {
        #expect(isSafe(try await saved(name)))
    }
}
