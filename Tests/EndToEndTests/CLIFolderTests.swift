// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@Suite(.serialized) struct CLIFolderTests {
    /// `photos/` with files at three depths, a hidden one among them.
    private static func photos(in folder: TestFolder) throws {
        _ = try folder.folder("photos/2026/süd")
        _ = try folder.folder("photos/empty")
        _ = try folder.file("photos/cover.txt", bytes: Array("cover".utf8))
        _ = try folder.file("photos/.hidden", bytes: Array("hidden".utf8))
        _ = try folder.file("photos/2026/a b.txt", bytes: Array("a b".utf8))
        _ = try folder.file("photos/2026/süd/写真.txt", bytes: Array("deep".utf8))
    }

    private static func places(_ result: CLICommand.Result) throws -> [String] {
        try result.lines.map { line in
            let record = try JSONValue(parsing: line)
            return "\(record["path"]?.stringValue ?? "")|\(record["filename"]?.stringValue ?? "")"
        }
    }

    @Test func `a folder goes up with its name and the ways in it as storage paths`() async throws {
        try await CLICommand.with { ferry in
            try Self.photos(in: ferry.folder)
            let up = try await ferry("upload", "photos", "--recursive", "--json")
            #expect(up.status == 0, "\(up.errors)")
            let expected = [
                "/photos|.hidden", "/photos/2026|a b.txt", "/photos/2026/süd|写真.txt", "/photos|cover.txt",
            ]
            #expect(try Self.places(up) == expected)
            let folder = try await ferry("file", "list", "--filter", "path:eq:/photos/2026", "--json")
            #expect(try Self.places(folder) == ["/photos/2026|a b.txt"])
            let deeper = try await ferry("file", "list", "--filter", "path:like:/photos/%", "-q")
            #expect(deeper.lines.count == 2)
            let uri = try #require(try JSONValue(parsing: up.line(2))["uri"]?.stringValue)
            #expect(try await ferry("download", uri, "-o", "-").text == "deep")
        }
    }

    @Test func `a prefix goes in front, and the working directory has no name`() async throws {
        try await CLICommand.with { ferry in
            try Self.photos(in: ferry.folder)
            let prefixed = try await ferry("upload", "./photos/2026/", "-r", "--path", "backup//x/", "--json")
            #expect(try Self.places(prefixed) == ["/backup/x/2026|a b.txt", "/backup/x/2026/süd|写真.txt"])
            let human = try await ferry("upload", "photos/2026", "-r")
            #expect(human.text.contains("photos/2026/a b.txt  3 B  inf://"))
            #expect(human.errors.contains("uploaded photos/2026/süd/写真.txt 100%"))
            let script = "cd photos/2026 && exec \"$FERRY\" upload . -r --json"
            let here = try await ferry.through("/bin/sh", ["-c", script])
            #expect(try Self.places(here) == ["|a b.txt", "/süd|写真.txt"])
        }
    }

    @Test func `files and folders go up together, several hundred with a bound`() async throws {
        try await CLICommand.with { ferry in
            _ = try ferry.folder.folder("many")
            for index in 0..<200 { _ = try ferry.folder.file("many/\(1000 + index)", bytes: Array("\(index)".utf8)) }
            _ = try ferry.folder.file("one.txt", bytes: [65])
            let up = try await ferry("upload", "one.txt", "many", "--recursive", "-q")
            #expect(up.status == 0, "\(up.errors)")
            let names = up.lines.map { FileURI($0)?.filename ?? "" }
            #expect(names == ["one.txt"] + (0..<200).map { "\(1000 + $0)" })
        }
    }

    @Test func `what cannot be uploaded is told of, the rest is uploaded, and the exit code says so`() async throws {
        try await CLICommand.with { ferry in
            try Self.photos(in: ferry.folder)
            #expect(mkfifo(ferry.folder.url.appendingPathComponent("photos/pipe").path, 0o600) == 0)
            let folder = open(ferry.folder.url.path + "/photos", O_RDONLY)
            let made = (Array("bad-".utf8) + [0xFF, 0]).withUnsafeBytes { bytes in
                bytes.bindMemory(to: CChar.self).baseAddress.map { openat(folder, $0, O_CREAT | O_WRONLY, 0o600) } ?? -1
            }
            #expect(made >= 0)
            close(made)
            close(folder)
            let up = try await ferry("upload", "photos", "--recursive", "-q")
            #expect(up.status == 6)
            #expect(up.lines.count == 4)
            #expect(up.errors.contains("photos/pipe is no regular file"))
            #expect(up.errors.contains("is not UTF-8 text"))
            #expect(up.errors.contains("2 of 6 files were not uploaded"))
        }
    }

    @Test func `a folder without a file is no failure`() async throws {
        try await CLICommand.with { ferry in
            _ = try ferry.folder.folder("empty/inner")
            let up = try await ferry("upload", "empty", "--recursive")
            #expect(up.status == 0)
            #expect(up.output.isEmpty)
            #expect(up.errorLines == ["ferry: there is no file in the folder"])
        }
    }

    @Test func `a name is for one file, and a storage path has no way up`() async throws {
        try await CLICommand.with { ferry in
            try Self.photos(in: ferry.folder)
            for arguments in [
                ["upload", "photos", "-r", "--filename", "x"], ["upload", "photos", "-r", "--path", "a/../b"],
                ["upload", "photos/cover.txt", "--expires-in", "soon"],
                ["upload", "photos/cover.txt", "--expires-in", "10"],
            ] {
                let result = try await ferry.started(arguments).result()
                #expect(result.status == 2, "\(arguments)")
                #expect(result.errorLines.count == 1)
            }
        }
    }
}
