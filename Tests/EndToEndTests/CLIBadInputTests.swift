// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

/// The rows of the catalogue of bad input that concern the command line: one test a row.
@Suite(.serialized, .timeLimit(.minutes(3))) struct CLIBadInputTests {
    @Test func `row 35: names that look like options are names behind two dashes`() async throws {
        try await CLICommand.with { ferry in
            let names = ["-rf", "--output=x", "--json", "--help", "-h", "--"]
            for name in names { _ = try ferry.folder.file(name, bytes: Array(name.utf8)) }
            let up = try await ferry.started(["upload", "-q", "--"] + names).result()
            #expect(up.status == 0, "\(up.errors)")
            #expect(up.lines.count == names.count)
            for (name, uri) in zip(names, up.lines) {
                #expect(FileURI(uri)?.filename == name)
                let down = try await ferry("download", uri, "-o", "down/")
                #expect(down.lines == ["\(ferry.folder.url.path)/down/\(name)"])
                let copy = ferry.folder.url.appendingPathComponent("down/\(name)")
                #expect(try String(contentsOf: copy, encoding: .utf8) == name)
            }
            for name in ["-rf", "--output=x"] {
                let typed = try await ferry("upload", name)
                #expect(typed.status == 2, "\(name)")
                #expect(typed.errorLines.count == 1)
            }
            let label = try await ferry("upload", "--filename=-rf", "-q", "--", "-rf")
            #expect(FileURI(try label.line())?.filename == "-rf")
        }
    }

    @Test func `row 36: names that a shell or a table would run are text`() async throws {
        try await CLICommand.with { ferry in
            let names = ["=cmd()", "$(touch pwned)", "`touch pwned`", "; touch pwned", "%s%n", "${HOME}", "a'b\"c"]
            for name in names { _ = try ferry.folder.file(name, bytes: Array(name.utf8)) }
            let up = try await ferry.started(["upload", "--json", "--"] + names).result()
            #expect(up.status == 0)
            #expect(try up.lines.map { try JSONValue(parsing: $0)["filename"]?.stringValue } == names)
            let listed = try await ferry("file", "list", "--all", "--json")
            let known = try listed.lines.map { try JSONValue(parsing: $0)["filename"]?.stringValue ?? "" }
            #expect(Set(known) == Set(names))
            let here = try FileManager.default.contentsOfDirectory(atPath: ferry.folder.url.path)
            #expect(!here.contains("pwned"))
            let plan = try await ferry("run", "file-inspector", "--file", "file=$(touch pwned)", "--plan", "--json")
            #expect(try plan.json()[0]?["source"]?.stringValue?.contains("$(touch pwned)") == true)
        }
    }

    @Test func `row 39: a path in a prompt stays text, and in a file field is refused`() async throws {
        try await CLICommand.with { ferry in
            let text = try await ferry("run", "image-processor", "--set", "format=/etc/passwd", "--plan", "--json")
            #expect(text.status == 0)
            #expect(try text.json()[0]?["verdict"] == "keep")
            #expect(try text.json()[0]?["rule"] == "text_field")
            let field = try await ferry("run", "file-inspector", "--set", "file=/etc/passwd")
            #expect(field.status == 6)
            #expect(field.errors.contains("--file file=PATH"))
            #expect(!field.errors.contains("FileInput"))
            #expect(try await ferry("file", "list", "--all", "-q").text == "")
        }
    }

    @Test(arguments: ["/dev/zero", "pipe", "/proc/self/mem", "/dev/tty", "socket"])
    func `row 40: what is no regular file is refused at once, in every place`(path: String) async throws {
        try await CLICommand.with { ferry in
            #expect(mkfifo(ferry.folder.url.appendingPathComponent("pipe").path, 0o600) == 0)
            let made = try await ferry.through(
                "/usr/bin/env", ["python3", "-c", "import socket; socket.socket(socket.AF_UNIX).bind('socket')"])
            #expect(made.status == 0)
            for arguments in [
                ["upload", path], ["upload", "--data-uri", "@\(path)"],
                ["run", "file-inspector", "--file", "file=\(path)"],
                ["run", "file-inspector", "--set", "file=\(path.hasPrefix("/") ? path : "./\(path)")"],
                ["run", "file-inspector", "--input", "@\(path)"],
                ["login", "--base-url", "http://127.0.0.1:1", "--api-key-file", path],
            ] {
                let result = try await ferry.started(arguments).result()
                // A process without a terminal has no /dev/tty.
                let codes: [Int32] = path == "/dev/tty" || path == "/proc/self/mem" ? [6, 1] : [6]
                #expect(codes.contains(result.status), "\(arguments): \(result.status) \(result.errors)")
                #expect(result.output.isEmpty)
                #expect(result.errorLines.filter { !$0.contains("uploading") }.count == 1, "\(arguments)")
            }
            #expect(try await ferry("file", "list", "--all", "-q").text == "")
        }
    }

    @Test func `row 41: links that lead out are not followed`() async throws {
        try await CLICommand.with { ferry in
            let outside = try TestFolder()
            let secret = try outside.file("secret.txt", bytes: Array("secret".utf8))
            _ = try ferry.folder.folder("tree/inner")
            _ = try ferry.folder.file("tree/inner/a.txt", bytes: [65])
            try ferry.folder.link("tree/file", to: secret.path)
            try ferry.folder.link("tree/folder", to: outside.url.path)
            try ferry.folder.link("tree/gone", to: "nowhere")
            try ferry.folder.link("tree/same", to: "inner/a.txt")
            let up = try await ferry("upload", "tree", "--recursive", "--json")
            #expect(up.status == 6)
            let records = try up.lines.map { try JSONValue(parsing: $0) }
            #expect(Set(records.compactMap { $0["filename"]?.stringValue }) == ["a.txt", "same"])
            #expect(records.filter { $0["error"] != nil }.count == 4)
            for name in ["tree/file", "tree/folder", "tree/gone"] { #expect(up.text.contains(name)) }

            try ferry.folder.link("link.txt", to: secret.path)
            let document = Array(#"{"file":"./link.txt"}"#.utf8)
            let run = try await ferry("run", "file-inspector", "--input", "-", input: document)
            #expect(run.status == 6)
            #expect(run.errors.contains("outside the working directory"))
        }
    }

    @Test func `row 42: a folder, an unreadable, a missing and a growing file are refused, an empty one is not`()
        async throws
    {
        try await CLICommand.with { ferry in
            _ = try ferry.folder.folder("folder")
            let folder = try await ferry("upload", "folder")
            #expect(folder.status == 6)
            #expect(folder.errors.contains("--recursive"))
            #expect(try await ferry("upload", "missing.txt").status == 4)

            let unreadable = try ferry.folder.file("unreadable.txt", bytes: [65])
            chmod(unreadable.path, 0)
            // Root may read everything unless it gives that up.
            let result =
                geteuid() != 0
                ? try await ferry("upload", "unreadable.txt")
                : try await ferry.through(
                    "/usr/bin/env",
                    [
                        "setpriv", "--bounding-set=-dac_override,-dac_read_search", CLICommand.program.path, "upload",
                        "unreadable.txt",
                    ])
            #expect(result.status == 6, "\(result.errors)")
            #expect(result.errors.contains("permission"))

            let empty = try ferry.folder.file("empty.txt", bytes: [])
            let up = try await ferry("upload", empty.lastPathComponent, "--json")
            #expect(up.status == 0)
            #expect(try up.json()["size"] == 0)
            #expect(try await ferry("file", "list", "--all", "-q").lines.count == 1)
        }
    }

    @Test func `row 42: a file that grows while it is read is not stored`() async throws {
        try await CLICommand.with { ferry in
            #expect(try await ferry("file", "list").status == 0)
            let growing = try ferry.folder.file("growing.bin", bytes: PatternedBytes.make(count: 32 << 20, seed: 9))
            let handle = try FileHandle(forWritingTo: growing)
            try handle.seekToEnd()
            let writer = Task.detached {
                // One write and one look at the clock after the other, for as long as the upload runs.
                while !Task.isCancelled { try handle.write(contentsOf: [1]) }
            }
            let result = try await ferry("upload", "growing.bin")
            writer.cancel()
            _ = await writer.result
            #expect(result.status == 5)
            #expect(result.errorLines.count == 1)
            #expect(result.errors.contains("changed"))
            #expect(try await ferry("file", "list", "--all", "-q").text == "")
        }
    }

    @Test(arguments: [
        "../x", "../../../../tmp/x", "/etc/ferry-x", "..\\x", "a/../../x", "%2e%2e%2fx", "..", "-rf", "CON",
        ".ssh/keys",
    ])
    func `row 44: a download named like a way out is saved beneath its target only`(name: String) async throws {
        try await CLICommand.with { ferry in
            try await ferry.withPeer(
                name,
                headers: #"""
                    {"Content-Type": "application/zip",
                     "Content-Disposition": 'attachment; filename="%s"' % argument.replace("\\", "\\\\")}
                    """#,
                content: #"b"evil""#
            ) { address in
                _ = try ferry.folder.folder("deep/target")
                let before = try Self.everything(in: ferry.folder.url)
                let down = try await ferry(
                    "download", "\(address)/archive", "-o", "deep/target/", "-q", "--base-url", address,
                    "--api-key", "inf_x")
                #expect(down.status == 0, "\(down.errors)")
                let made = try Self.everything(in: ferry.folder.url).subtracting(before)
                    .filter { !$0.hasSuffix(".in") && !$0.hasSuffix(".out") && !$0.hasSuffix(".err") }
                #expect(made.count == 1)
                let target = ferry.folder.url.resolvingSymlinksInPath().path + "/deep/target/"
                #expect(
                    made.allSatisfy { $0.hasPrefix(target) && !$0.dropFirst(target.count).contains("/") }, "\(made)")
                #expect(!FileManager.default.fileExists(atPath: "/etc/ferry-x"))
            }
        }
    }

    private static func everything(in folder: URL) throws -> Set<String> {
        let root = folder.resolvingSymlinksInPath()
        let all = FileManager.default.enumerator(at: root, includingPropertiesForKeys: [.isRegularFileKey])
        return Set((all?.compactMap { ($0 as? URL)?.path } ?? []))
    }
}
