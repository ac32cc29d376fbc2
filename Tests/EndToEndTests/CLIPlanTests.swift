// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@Suite(.serialized) struct CLIPlanTests {
    @Test func `a plan has an entry for every string and file of the input`() async throws {
        try await CLICommand.with { ferry in
            _ = try ferry.folder.file("a.png", bytes: Array("image".utf8))
            let input = #"{"image":"./a.png","format":"png","note":{"text":["one","data:text/plain,two",3,null]}}"#
            let plan = try await ferry("run", "image-processor", "--input", input, "--plan", "--json")
            #expect(plan.status == 0, "\(plan.errors)")
            #expect(plan.lines.count == 1)
            let entries = try #require(try plan.json().arrayValue)
            let shown = entries.map { entry in
                "\(entry["pointer"]?.stringValue ?? "") \(entry["verdict"]?.stringValue ?? "")"
            }
            #expect(shown == ["/image upload", "/format keep", "/note/text/0 keep", "/note/text/1 upload"])
            #expect(entries[0]["size"] == 5)
            #expect(entries[0]["source"]?.stringValue?.hasSuffix("/a.png") == true)
            #expect(entries[3]["content_type"] == "text/plain")
            #expect(try await ferry("file", "list", "--all", "-q").text == "")
        }
    }

    @Test func `a plan with a refusal is shown all the same, and ends as the run would`() async throws {
        try await CLICommand.with { ferry in
            for (setting, status) in [("file=/etc/passwd", Int32(6)), ("file=./missing.txt", 4), ("file=words", 6)] {
                let json = try await ferry("run", "file-inspector", "--set", setting, "--plan", "--json")
                #expect(json.status == status, "\(setting): \(json.text)")
                #expect(json.lines.count == 1)
                #expect(try json.json()[0]?["verdict"] == "refuse")
                #expect(json.errorLines.contains { $0.hasPrefix("ferry: /file: ") }, "the reason: \(json.errors)")
                let table = try await ferry("run", "file-inspector", "--set", setting, "--plan")
                #expect(table.status == status)
                #expect(table.text.contains("refuse"))
                #expect(table.errorLines.count == 1)
                #expect(table.errorLines.first?.hasPrefix("ferry: /file: ") == true)
                let run = try await ferry("run", "file-inspector", "--set", setting)
                #expect(run.status == status)
                #expect(run.errorLines == table.errorLines)
            }
        }
    }

    @Test func `what is meant as a file by its flag is one, wherever it is`() async throws {
        try await CLICommand.with { ferry in
            let uri = try await ferry("upload", "data:text/plain,there", "--filename", "t.txt", "-q").line()
            let known = try await ferry("run", "file-inspector", "--file", "file=\(uri)", "-q")
            #expect(try known.json()["size"] == 5, "\(known.errors)")
            let inline = try await ferry("run", "file-inspector", "--file", "file=data:text/plain,abc", "-q")
            #expect(try inline.json()["size"] == 3, "\(inline.errors)")
            #expect(try await ferry("file", "list", "--all", "-q").lines.contains(uri))
            let outside = try TestFolder()
            let pem = try outside.file("server.pem", bytes: [65, 66])
            let named = try await ferry("run", "file-inspector", "--file", "file=\(pem.path)", "-q")
            #expect(try named.json()["size"] == 2, "\(named.errors)")
            let refused = try await ferry("run", "file-inspector", "--set", "file=\(pem.path)")
            #expect(refused.status == 6)
            #expect(refused.errors.contains("--file file=PATH"))
        }
    }

    @Test func `an at sign before a path is explained`() async throws {
        try await CLICommand.with { ferry in
            let file = try await ferry("run", "file-inspector", "--file", "file=@a.txt")
            #expect(file.status == 2)
            #expect(file.errors.contains("--file file=a.txt"))
            let set = try await ferry("run", "file-inspector", "--set", "file=@a.txt")
            #expect(set.status == 6)
            #expect(set.errors.contains("without the @"))
        }
    }

    @Test(arguments: [
        ["upload", "x", "--filename", "a\u{1}b"], ["upload", "not-base64.txt"], ["run", "file-inspector"],
        ["run", "file-inspector", "--set", "file=/etc/passwd"], ["file", "get", "nothing at all"],
        ["file", "list", "--base-url", "ftp://x", "--api-key", "inf_x"], ["download", "data:nothing"],
        ["upload", "https://example.com/x?sig=1"], ["upload", "inf://files/x/y"],
        ["file", "list", "--ca-file", "no.pem"], ["run", "missing/app"], ["task", "get", "none"],
    ])
    func `no failure is told of in the words of the SDK or of HTTP`(arguments: [String]) async throws {
        try await CLICommand.with { ferry in
            _ = try ferry.folder.file("x", bytes: [65])
            let result = try await ferry.started(arguments).result()
            #expect(result.status != 0)
            #expect(result.errorLines.count == 1)
            let words = [
                "FileInput", "upload(", "contentType", "caFile", "URLSession", "HTTP ", "option filename", "baseURL",
                "GET ", "POST ", ": 4", " 404", " 400", " 422", "Optional(", "Error(",
            ]
            for word in words { #expect(!result.errors.contains(word), "\(word) in \(result.errors)") }
        }
    }

    @Test func `a name that is not UTF-8 is refused with a way out`() async throws {
        try await CLICommand.with { ferry in
            let result = try await ferry.through("/bin/sh", ["-c", #"exec "$FERRY" upload "$(printf 'a\377b')""#])
            #expect(result.status == 6)
            #expect(result.errorLines.count == 1)
            #expect(result.errors.contains("argument 2 is not UTF-8"))
            #expect(result.errors.contains("ferry upload - < FILE"))
        }
    }
}
