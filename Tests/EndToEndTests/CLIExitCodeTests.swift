// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@Suite(.serialized) struct CLIExitCodeTests {
    @Test func `help and version are no failures`() async throws {
        try await CLICommand.with { ferry in
            for arguments in [["--help"], ["upload", "--help"], ["help", "run"], ["task", "list", "-h"]] {
                let result = try await ferry.started(arguments).result()
                #expect(result.status == 0)
                #expect(result.text.contains("USAGE: ferry"))
            }
            #expect(try await ferry("--version").text == "\(FerryVersion.current)\n")
        }
    }

    @Test(arguments: [
        ["upload"], ["upload", "a", "--bogus"], ["bogus"], ["download"], ["upload", "a", "b", "--filename", "c"],
        ["file", "list", "--limit", "0"], ["file", "list", "--filter", "size:about:3"], ["run"],
        ["run", "a b"], ["run", "x", "--set", "novalue"], ["run", "x", "--input", "{"], ["keys", "create"],
        ["run", "x", "--plan", "--no-wait"], ["upload", "-", "-"],
    ])
    func `wrong usage is exit code 2 and one line with a remedy`(arguments: [String]) async throws {
        try await CLICommand.with { ferry in
            let result = try await ferry.started(arguments).result()
            #expect(result.status == 2)
            #expect(result.output.isEmpty)
            #expect(result.errorLines.count == 1)
            #expect(result.errors.hasPrefix("ferry: "))
            #expect(result.errors.contains("; see 'ferry"))
        }
    }

    @Test func `wrong usage with JSON is one object on standard output`() async throws {
        try await CLICommand.with { ferry in
            let result = try await ferry("upload", "a", "--bogus", "--json")
            #expect(result.status == 2)
            #expect(result.errors == "")
            #expect(try result.json()["error"]?["code"] == "usage")
            #expect(try result.json()["error"]?["message"]?.stringValue?.contains("--bogus") == true)
        }
    }

    @Test func `what is not there is exit code 4`() async throws {
        try await CLICommand.with { ferry in
            let id = Identifier.random()
            for arguments in [
                ["upload", "missing.txt"], ["download", id], ["file", "get", "inf://files/\(id)/x"],
                ["file", "delete", id], ["app", "get", "missing"], ["run", "missing"], ["task", "get", id],
                ["task", "stream", id], ["run", "file-inspector", "--file", "file=missing.txt"],
                ["run", "file-inspector", "--set", "file=./missing.txt"],
                ["run", "file-inspector", "--input", "@none"],
            ] {
                let result = try await ferry.started(arguments).result()
                #expect(result.status == 4, "\(arguments)")
                #expect(result.output.isEmpty)
                #expect(result.errorLines.filter { !$0.contains("uploading") }.count == 1, "\(arguments)")
            }
            let json = try await ferry("file", "get", id, "--json")
            #expect(json.status == 4)
            #expect(try json.json()["error"]?["code"] == "not_found")
            #expect(json.lines.count == 1)
        }
    }

    @Test func `a server that is not there is exit code 5`() async throws {
        try await CLICommand.with { ferry in
            let result = try await ferry("file", "list", "--base-url", "http://127.0.0.1:1", "--api-key", "inf_x")
            #expect(result.status == 5)
            #expect(result.errorLines.count == 1)
            #expect(result.server == "http://127.0.0.1:1")
            #expect(ferry.serverProcess == nil)
        }
    }

    @Test func `a refusal is exit code 6`() async throws {
        try await CLICommand.with { ferry in
            _ = try ferry.folder.file("a.txt", bytes: [65])
            for arguments in [
                ["upload", "a.txt", "--api-key", "inf_wrong"], ["file", "list", "--filter", "nothing:eq:1"],
                ["file", "list", "--cursor", "made-up"], ["keys", "create", "--name", "x", "--scope", "made:up"],
                ["run", "file-inspector", "--set", "file=/etc/passwd"], ["run", "file-inspector"], ["upload", "."],
                ["download", "not an id"], ["upload", "a.txt", "--base-url", "http://127.0.0.1:1"],
            ] {
                let result = try await ferry.started(arguments).result()
                #expect(result.status == 6, "\(arguments)")
                #expect(result.output.isEmpty)
                #expect(result.errorLines.count == 1, "\(arguments): \(result.errors)")
            }
        }
    }

    @Test func `a key without the scope is refused, and a revoked one too`() async throws {
        try await CLICommand.with { ferry in
            _ = try ferry.folder.file("a.txt", bytes: [65])
            let made = try await ferry("keys", "create", "--name", "reader", "--scope", "files:read")
            #expect(made.lines.count == 1)
            let key = try made.line()
            #expect(key.hasPrefix("inf_"))
            #expect(!made.errors.contains(key))
            let refused = try await ferry("upload", "a.txt", environment: ["INFERENCE_API_KEY": key])
            #expect(refused.status == 6)
            #expect(refused.errors.contains("files:write"))
            #expect(try await ferry("file", "list", environment: ["INFSH_API_KEY": key]).status == 0)

            let keys = try await ferry("keys", "list", "--json")
            #expect(!keys.text.contains(key))
            let id = try #require(try keys.json()["id"]?.stringValue)
            let rotated = try await ferry("keys", "rotate", id, "--json").json()
            let second = try #require(rotated["key"]?.stringValue)
            #expect(try await ferry("file", "list", "--api-key", key).status == 6)
            #expect(try await ferry("file", "list", "--api-key", second).status == 0)
            #expect(try await ferry("keys", "revoke", rotated["id"]?.stringValue ?? "").status == 0)
            #expect(try await ferry("file", "list", "--api-key", second).status == 6)
        }
    }

    @Test func `a failed task is exit code 1`() async throws {
        try await CLICommand.with { ferry in
            _ = try ferry.folder.file("no.png", bytes: Array("no image".utf8))
            let result = try await ferry("run", "image-processor", "--file", "image=no.png")
            #expect(result.status == 1)
            #expect(result.output.isEmpty)
            #expect(result.errorLines.last?.contains("failed: no.png is not an image") == true)
            let json = try await ferry("run", "image-processor", "--file", "image=no.png", "--json")
            #expect(json.status == 1)
            #expect(json.lines.count == 1)
            let error = try #require(try json.json()["error"])
            #expect(error["code"] == "task_failed")
            let task = try #require(error["task_id"]?.stringValue)
            #expect(try await ferry("task", "stream", task).status == 1)
        }
    }

    @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
    func `a signal ends an upload and leaves nothing`(signal: Int32, status: Int32) async throws {
        try await CLICommand.with { ferry in
            #expect(try await ferry("file", "list", "--json").text == "")
            let pipe = Pipe()
            let command = try ferry.started(["upload", "-"], input: .pipe(pipe))
            try await command.says("using")
            try pipe.fileHandleForWriting.write(contentsOf: Data("begun".utf8))
            // The record is there before the bytes.
            let deadline = ContinuousClock.now + .seconds(30)
            while try await ferry("file", "list", "-q").text.isEmpty, ContinuousClock.now < deadline {}
            command.signal(signal)
            let result = try await command.result()
            #expect(result.status == status)
            #expect(result.output.isEmpty)
            #expect(try await ferry("file", "list", "--json").text == "")
            try pipe.fileHandleForWriting.close()
        }
    }

    @Test func `a pipe or a device by name is refused and not waited for`() async throws {
        try await CLICommand.with { ferry in
            let pipe = ferry.folder.url.appendingPathComponent("pipe").path
            #expect(mkfifo(pipe, 0o600) == 0)
            for path in [pipe, "/dev/zero"] {
                let result = try await ferry("upload", path)
                #expect(result.status == 6)
                #expect(result.errorLines.count == 1)
                #expect(result.errors.contains("is no regular file"))
            }
        }
    }

    @Test func `a name that begins with a dash is no call for help`() async throws {
        try await CLICommand.with { ferry in
            let result = try await ferry("upload", "-dash.txt")
            #expect(result.status == 2)
            #expect(result.errors.contains("./-dash.txt"))
        }
    }

    @Test func `a server that cannot listen says why and what to do`() async throws {
        try await CLICommand.with { ferry in
            _ = try await ferry("file", "list")
            let taken = try #require(try await ferry("file", "list").server?.split(separator: ":").last)
            let other = ferry.folder.url.appendingPathComponent("other").path
            let busy = try await ferry("serve", "--port", String(taken), "--data-dir", other)
            #expect(busy.status == 1)
            #expect(busy.errors.contains("in use by another program"))
            let wrong = try await ferry("serve", "--port", "99999", "--data-dir", other)
            #expect(wrong.status == 2)
        }
    }

    @Test func `a reader that goes away ends the command without a word`() async throws {
        try await CLICommand.with { ferry in
            let bytes = PatternedBytes.make(count: 4 << 20, seed: 3)
            let uri = try await ferry("upload", "-", "-q", input: bytes).line()
            let script = Process()
            let errors = try ferry.folder.file("errors", bytes: [])
            script.executableURL = URL(fileURLWithPath: "/bin/sh")
            script.arguments = ["-c", "\"$FERRY\" download \"$1\" -q -o - | head -c 3", "sh", uri]
            script.environment = [
                "FERRY": CLICommand.program.path, "FERRY_DATA_DIR": ferry.dataDirectory, "PATH": "/usr/bin:/bin",
                "HOME": ferry.folder.url.path,
            ]
            script.standardError = try FileHandle(forWritingTo: errors)
            let output = Pipe()
            script.standardOutput = output
            try script.run()
            #expect(try output.fileHandleForReading.readToEnd().map { Array($0) } == Array(bytes[..<3]))
            script.waitUntilExit()
            #expect(try String(contentsOf: errors, encoding: .utf8) == "")
        }
    }
}
