// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

/// `ferry app init`, and what `app test` and `app deploy` refuse before they need a server.
@Suite(.serialized) struct CLIAppFolderTests {
    @Test(arguments: [
        ("swift", ["inf.yml", "Package.swift", "Sources/WordCounter.swift", ".gitignore"]),
        ("python", ["inf.yml", "inference.py", "requirements.txt"]),
        ("node", ["inf.yml", "package.json", "src/inference.js"]),
    ])
    func `init makes a folder and tells its files`(language: String, files: [String]) async throws {
        try await CLICommand.with { ferry in
            let made = try await ferry("app", "init", "demo/words", "--lang", language, "--json")
            #expect(made.status == 0, "\(made.errors)")
            let json = try made.json()
            #expect(json["app"] == "demo/words")
            #expect(json["files"] == .array(files.map { .string($0) }))
            for file in files {
                let path = ferry.folder.url.appendingPathComponent("words/\(file)").path
                #expect(FileManager.default.fileExists(atPath: path), "\(file)")
            }
            let again = try await ferry("app", "init", "words", "--lang", language)
            #expect(again.status == 6)
            #expect(again.errorLines == ["ferry: words is not empty; give another folder with --dir"])
            let quiet = try await ferry("app", "init", "words", "--lang", language, "--dir", "a/b", "--quiet")
            #expect(quiet.lines.count == 1)
            #expect(quiet.lines.first?.hasSuffix("/a/b") == true)
        }
    }

    @Test func `init says what to type next, on standard error`() async throws {
        try await CLICommand.with { ferry in
            let made = try await ferry("app", "init", "words", "--lang", "node", "--namespace", "me")
            #expect(made.lines == ["words/inf.yml", "words/package.json", "words/src/inference.js"])
            #expect(made.errors.contains("  ferry app test words\n"))
            #expect(made.errors.contains("  ferry run me/words --file document=FILE\n"))
        }
    }

    @Test(arguments: [
        ["app", "init", "a b", "--lang", "node"], ["app", "init", "a", "--lang", "cobol"], ["app", "init", "a"],
        ["app", "init", "a@b", "--lang", "node"], ["app", "init", "a", "--lang", "node", "--namespace", "x/y"],
        ["app", "deploy", "a", "--apps-dir", "b", "--base-url", "http://127.0.0.1:1"],
        ["run", "a", "--setup", "{"], ["run", "a", "--session", ""], ["run", "a", "--setup", "-", "--input", "-"],
    ])
    func `what makes no sense is wrong usage`(arguments: [String]) async throws {
        let ferry = CLICommand(folder: try TestFolder())
        let result = try await ferry.started(arguments).result()
        #expect(result.status == 2, "\(result.errors)")
        #expect(result.errorLines.count == 1)
    }

    @Test func `a folder without inf yml is not found, and one that names no app is refused`() async throws {
        let ferry = CLICommand(folder: try TestFolder())
        for verb in ["test", "deploy"] {
            #expect(try await ferry("app", verb, "none").status == 4)
            _ = try ferry.folder.file("inf.yml", bytes: Array("name: a\n".utf8))
            let refused = try await ferry("app", verb, "--json")
            #expect(refused.status == 6)
            #expect(try refused.json()["error"]?["message"]?.stringValue?.contains("no namespace") == true)
        }
    }

    @Test func `a plan for an app that is not there ends with 4`() async throws {
        try await CLICommand.with { ferry in
            let plan = try await ferry("run", "nope", "--plan", "--set", "image=./a.png")
            #expect(plan.status == 4)
            #expect(plan.lines.isEmpty)
            let json = try await ferry("run", "nope/nope@1234abcd:run", "--plan", "--json")
            #expect(json.status == 4)
            #expect(try json.json()["error"]?["code"] == "not_found")
        }
    }
}
