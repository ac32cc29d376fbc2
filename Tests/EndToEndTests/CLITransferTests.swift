// SPDX-License-Identifier: Apache-2.0

import Crypto
import FerryWire
import Foundation
import Testing

@Suite(.serialized) struct CLITransferTests {
    @Test func `a file goes up and comes down unchanged`() async throws {
        try await CLICommand.with { ferry in
            let bytes = PatternedBytes.make(count: 3_000_001, seed: 1)
            _ = try ferry.folder.file("a b.bin", bytes: bytes)
            let up = try await ferry("upload", "a b.bin")
            #expect(up.status == 0)
            #expect(up.lines.count == 1)
            #expect(up.text.hasPrefix("a b.bin  2.9 MiB  inf://files/"))
            #expect(up.errorLines == ["uploaded a b.bin 100%"])
            let uri = String(try up.line().split(separator: " ").last ?? "")
            let down = try await ferry("download", uri, "-o", "copy.bin")
            #expect(down.status == 0)
            #expect(down.lines == [ferry.folder.url.path + "/copy.bin"])
            #expect(try Array(Data(contentsOf: ferry.folder.url.appendingPathComponent("copy.bin"))) == bytes)
        }
    }

    @Test func `JSON tells everything of each file, one a line and in the order given`() async throws {
        try await CLICommand.with { ferry in
            let names = ["one.txt", "two.txt", "three.txt", "four.txt", "five.txt", "six.txt"]
            for (index, name) in names.enumerated() {
                _ = try ferry.folder.file(name, bytes: Array(repeating: UInt8(65 + index), count: 10 - index))
            }
            let up = try await ferry("upload", names[0], names[1], names[2], names[3], names[4], names[5], "--json")
            #expect(up.status == 0)
            #expect(up.errorLines.isEmpty)
            let records = try up.lines.map { try JSONValue(parsing: $0) }
            #expect(records.map { $0["filename"]?.stringValue } == names)
            let first = try #require(records.first)
            let digest = SHA256.hash(data: Array(repeating: UInt8(65), count: 10))
            let hexadecimal = digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            #expect(first["sha256"]?.stringValue == hexadecimal)
            #expect(first["size"] == 10)
            #expect(first["content_type"] == "text/plain")
            #expect(first["id"]?.stringValue.map(Identifier.isValid) == true)
            #expect(first["uri"]?.stringValue.flatMap(FileURI.init)?.filename == "one.txt")
            #expect(first["url"]?.stringValue?.hasPrefix("http://127.0.0.1:") == true)
        }
    }

    @Test func `standard input of unknown length goes up and comes out again`() async throws {
        try await CLICommand.with { ferry in
            let bytes = PatternedBytes.make(count: 1_200_003, seed: 2)
            let up = try await ferry("upload", "-", "--filename", "in.dat", "--quiet", input: bytes)
            #expect(up.status == 0)
            #expect(up.errors == "")
            #expect(up.lines.count == 1)
            #expect(FileURI(try up.line())?.filename == "in.dat")
            let down = try await ferry("download", up.line(), "-o", "-")
            #expect(down.output == bytes)
            #expect(down.status == 0)
        }
    }

    @Test func `a pipe is read until its other end closes`() async throws {
        try await CLICommand.with { ferry in
            let pipe = Pipe()
            let command = try ferry.started(["upload", "-", "-q"], input: .pipe(pipe))
            try pipe.fileHandleForWriting.write(contentsOf: Data("first ".utf8))
            try pipe.fileHandleForWriting.write(contentsOf: Data("second".utf8))
            try pipe.fileHandleForWriting.close()
            let up = try await command.result()
            #expect(up.status == 0)
            #expect(try await ferry("download", up.lines.first ?? "", "-o", "-").text == "first second")
        }
    }

    @Test func `data URIs are uploaded, typed or from a file`() async throws {
        try await CLICommand.with { ferry in
            let typed = try await ferry("upload", "data:text/plain,Hello%20World", "--filename", "h.txt", "--json")
            #expect(try typed.json()["content_type"] == "text/plain")
            #expect(try typed.json()["size"] == 11)
            _ = try ferry.folder.file("uri.txt", bytes: Array("data:application/json;base64,e30=\n".utf8))
            let read = try await ferry("upload", "--data-uri", "@uri.txt", "--json")
            #expect(try read.json()["content_type"] == "application/json")
            #expect(try read.json()["size"] == 2)
            let wrong = try await ferry("upload", "data:no comma")
            #expect(wrong.status == 6)
            #expect(wrong.errorLines.count == 1)
        }
    }

    @Test func `a data URI in a file is decoded as it is read, blanks around it left out`() async throws {
        try await CLICommand.with { ferry in
            let content = PatternedBytes.make(count: 2_000_003, seed: 7)
            let text = "\r\n data:image/png;charset=x;base64,\(Data(content).base64EncodedString()) \n\n"
            _ = try ferry.folder.file("uri.txt", bytes: Array(text.utf8))
            let file = try await ferry("upload", "--data-uri", "@uri.txt", "--filename", "p.png", "--json").json()
            #expect(file["size"]?.integerValue == Int64(content.count))
            #expect(file["content_type"] == "image/png;charset=x")
            let id = try #require(file["id"]?.stringValue)
            #expect(try await ferry("download", id, "-o", "-").output == content)
            let piped = try await ferry("upload", "--data-uri", "@-", "--json", input: Array("\tdata:,a%20b\n \n".utf8))
            #expect(try piped.json()["size"] == 3)
            #expect(try piped.json()["content_type"] == "text/plain")
            for wrong in ["data:;base64,abcde", "data:no comma", "plain text", "", "\n\n"] {
                _ = try ferry.folder.file("wrong.txt", bytes: Array(wrong.utf8))
                let refused = try await ferry("upload", "--data-uri", "@wrong.txt")
                #expect(refused.status == 6, "\(wrong)")
                #expect(refused.errorLines.count == 1)
                #expect(refused.errors.contains("Invalid data URI format"))
            }
            #expect(try await ferry("file", "list", "--all", "-q").lines.count == 2)
        }
    }

    @Test func `all options reach the record`() async throws {
        try await CLICommand.with { ferry in
            _ = try ferry.folder.file("x", bytes: [1, 2, 3])
            let up = try await ferry(
                "upload", "x", "--filename", "custom.png", "--content-type", "image/png", "--path", "/custom/path",
                "--public", "--json")
            let id = try #require(try up.json()["id"]?.stringValue)
            let record = try await ferry("file", "get", id, "--json").json()
            #expect(record["filename"] == "custom.png")
            #expect(record["content_type"] == "image/png")
            #expect(record["path"] == "/custom/path")
            #expect(record["visibility"] == "public")
        }
    }

    @Test func `a file that is there is replaced only by force`() async throws {
        try await CLICommand.with { ferry in
            _ = try ferry.folder.file("new.txt", bytes: Array("new".utf8))
            let uri = try await ferry("upload", "new.txt", "-q").line()
            let old = try ferry.folder.file("old.txt", bytes: Array("old".utf8))
            let refused = try await ferry("download", uri, "-o", "old.txt")
            #expect(refused.status == 6)
            #expect(refused.errorLines.count == 1)
            #expect(refused.errors.contains("--force"))
            #expect(try String(contentsOf: old, encoding: .utf8) == "old")
            #expect(try await ferry("download", uri, "-o", "old.txt", "--force").status == 0)
            #expect(try String(contentsOf: old, encoding: .utf8) == "new")
        }
    }

    @Test func `several files go into a folder that is made for them`() async throws {
        try await CLICommand.with { ferry in
            _ = try ferry.folder.file("a.txt", bytes: [65])
            _ = try ferry.folder.file("b.txt", bytes: [66])
            let up = try await ferry("upload", "a.txt", "b.txt", "-q")
            let down = try await ferry("download", up.line(0), up.line(1), "-o", "made/here")
            let target = ferry.folder.url.appendingPathComponent("made/here")
            #expect(down.lines == ["\(target.path)/a.txt", "\(target.path)/b.txt"])
            #expect(try FileManager.default.contentsOfDirectory(atPath: target.path).sorted() == ["a.txt", "b.txt"])
        }
    }

    @Test func `lists show what is there, by page, by filter and whole`() async throws {
        try await CLICommand.with { ferry in
            for name in ["a.txt", "b.txt", "c.png"] { _ = try ferry.folder.file(name, bytes: Array(name.utf8)) }
            #expect(try await ferry("upload", "a.txt", "b.txt", "c.png").status == 0)
            let page = try await ferry("file", "list", "--limit", "2", "--json")
            #expect(page.lines.count == 2)
            let cursor = try #require(page.errorLines.first?.split(separator: " ").last)
            let rest = try await ferry("file", "list", "--limit", "2", "--cursor", String(cursor), "--json")
            #expect(rest.lines.count == 1)
            let all = try await ferry("file", "list", "--all", "--json")
            #expect(Set(all.lines).count == 3)
            let text = try await ferry("file", "list", "--filter", "filename:like:%.txt")
            #expect(text.lines.count == 3)
            #expect(try text.line().hasPrefix("NAME"))
            let id = try #require(try JSONValue(parsing: all.line())["id"]?.stringValue)
            #expect(try await ferry("file", "delete", id).text == "deleted \(id)\n")
            #expect(try await ferry("file", "get", id).status == 4)
            let other = try #require(try JSONValue(parsing: all.lines[1])["id"]?.stringValue)
            let some = try await ferry("file", "delete", id, other)
            #expect(some.status == 4)
            #expect(some.text == "deleted \(other)\n")
            #expect(some.errorLines.contains { $0.contains(id) })
            #expect(some.errorLines.last?.contains("1 of 2 files was not deleted") == true)
        }
    }
}
