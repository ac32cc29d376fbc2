// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@Suite(.serialized) struct CLIRunTests {
    @Test func `an app runs on a local file and its output is printed`() async throws {
        try await CLICommand.with { ferry in
            _ = try ferry.folder.file("note.txt", bytes: Array("hello world".utf8))
            let result = try await ferry("run", "file-inspector", "--file", "file=note.txt")
            #expect(result.status == 0)
            let output = try JSONValue(parsing: result.text)
            #expect(output["filename"] == "note.txt")
            #expect(output["text_preview"] == "hello world")
            #expect(result.errorLines.contains { $0.hasSuffix(" completed") })

            let json = try await ferry("app", "run", "ferry/file-inspector", "--set", "file=./note.txt", "--json")
            let record = try json.json()
            #expect(record["status_text"] == "completed")
            #expect(record["output"]?["size"] == 11)
            #expect(json.errorLines.isEmpty)
        }
    }

    @Test func `outputs are saved under names that are free`() async throws {
        try await CLICommand.with { ferry in
            let photograph = "image=\(CLICommand.photograph.path)"
            let first = try await ferry(
                "run", "image-processor", "--file", photograph, "--set", "width=64", "--save", "out/deep")
            #expect(first.status == 0)
            let path = ferry.folder.url.path + "/out/deep/coffee.png"
            #expect(first.lines.last == path)
            let image = try Data(contentsOf: URL(fileURLWithPath: path))
            #expect(image.starts(with: [0x89, 0x50, 0x4E, 0x47]))
            #expect(image.count < (try Data(contentsOf: CLICommand.photograph)).count)

            let second = try await ferry(
                "run", "image-processor", "--file", photograph, "--set", "width=64", "--save", "out/deep", "--json")
            #expect(try second.json()["saved"] == [.string(ferry.folder.url.path + "/out/deep/coffee-1.png")])
            #expect(second.lines.count == 1)

            let third = try await ferry(
                "run", "image-processor", "--file", photograph, "--set", "width=64", "--save", "out/deep", "--quiet")
            #expect(third.text == ferry.folder.url.path + "/out/deep/coffee-2.png\n")
        }
    }

    @Test func `a plan uploads nothing`() async throws {
        try await CLICommand.with { ferry in
            _ = try ferry.folder.file("a.png", bytes: Array("image".utf8))
            let result = try await ferry(
                "run", "image-processor", "--set", "image=./a.png", "--set", "format=png", "--plan", "--json")
            #expect(result.status == 0)
            let entries = try #require(try result.json().arrayValue)
            #expect(entries.map { $0["pointer"]?.stringValue } == ["/image", "/format"])
            #expect(entries.map { $0["verdict"]?.stringValue } == ["upload", "keep"])
            for entry in entries {
                let members = ["pointer", "rule", "verdict", "source", "size", "content_type"]
                #expect(entry.objectValue?.keys.sorted() == members.sorted())
            }
            let table = try await ferry("run", "image-processor", "--set", "image=./a.png", "--plan")
            #expect(table.lines.first?.hasPrefix("VERDICT") == true)
            #expect(try await ferry("file", "list", "--all", "-q").text == "")
            #expect(try await ferry("task", "list", "--all", "-q").text == "")
        }
    }

    @Test func `a task can be left running and looked at later`() async throws {
        try await CLICommand.with { ferry in
            _ = try ferry.folder.file("a.txt", bytes: [65])
            let started = try await ferry("run", "file-inspector", "--file", "file=a.txt", "--no-wait")
            #expect(started.lines.count == 1)
            let id = try started.line()
            #expect(Identifier.isValid(id))
            let stream = try await ferry("task", "stream", id, "--json")
            #expect(stream.status == 0)
            #expect(try stream.json()["status_text"] == "completed")
            #expect(try stream.lines.allSatisfy { try JSONValue(parsing: $0)["id"]?.stringValue == id })
            #expect(try await ferry("task", "get", id, "-q").text == "completed\n")
            #expect(try await ferry("task", "logs", id).text.contains("a.txt"))
            #expect(try await ferry("task", "list", "--filter", "status:eq:completed", "-q").lines == [id])
            #expect(try await ferry("task", "list", "--filter", "status:eq:failed", "-q").lines == [])
        }
    }

    @Test func `paths in an input document must lie beneath the working directory`() async throws {
        try await CLICommand.with { ferry in
            _ = try ferry.folder.file("inside.txt", bytes: [65])
            let outside = try TestFolder()
            let file = try outside.file("outside.txt", bytes: [66])
            let inside = try await ferry(
                "run", "file-inspector", "--input", "-", "-q", input: Array(#"{"file":"./inside.txt"}"#.utf8))
            #expect(inside.status == 0)
            #expect(try inside.json()["size"] == 1)

            let document = JSONValue.object(["file": .string(file.path)]).serialized()
            _ = try ferry.folder.file("input.json", bytes: document)
            let refused = try await ferry("run", "file-inspector", "--input", "@input.json")
            #expect(refused.status == 6)
            #expect(refused.errors.contains("/file"))
            #expect(refused.errors.contains("--file"))
            // What is typed is meant, beside such a document too.
            let beside = try await ferry(
                "run", "file-inspector", "--input", "-", "--set", "file=\(file.path)", "-q", input: Array("{}".utf8))
            #expect(beside.status == 0, "\(beside.errors)")
            let typed = try await ferry("run", "file-inspector", "--set", "file=\(file.path)", "-q")
            #expect(typed.status == 0)
        }
    }

    @Test func `apps are listed and described`() async throws {
        try await CLICommand.with { ferry in
            let apps = try await ferry("app", "list", "-q").lines
            #expect(apps.sorted() == ["ferry/chat-completions", "ferry/file-inspector", "ferry/image-processor"])
            let app = try await ferry("app", "get", "image-processor")
            #expect(app.text.contains("quality"))
            #expect(try await ferry("app", "get", "ferry/file-inspector", "--json").json()["name"] == "file-inspector")
        }
    }
}
