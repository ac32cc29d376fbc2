// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import Foundation
import Logging
import Synchronization
import Testing

@testable import FerryAppHost

/// What the log says of `agent.yml` files that hold something other than their authors meant.
@Suite struct AgentWarningsTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "agents-\(UUID().uuidString)").path
    private let log = Lines()

    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        func append(_ line: String) { lines.withLock { $0.append(line) } }
        /// What came since the last call.
        func take() -> [String] {
            lines.withLock { lines in
                defer { lines = [] }
                return lines
            }
        }
    }

    private struct Handler: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .debug
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) { lines.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }

    private var catalog: AgentFolders {
        AgentFolders(folder: folder, logger: Logger(label: "test") { [log] _ in Handler(lines: log) })
    }

    private func write(_ yaml: String, _ name: String) throws {
        try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        try yaml.write(toFile: "\(folder)/\(name)/agent.yml", atomically: true, encoding: .utf8)
    }

    private func agent(_ name: String, _ more: String = "") -> String {
        "namespace: okaris\nname: \(name)\ncore_app: chat-completions\n\(more)"
    }

    @Test func `two folders with one agent are named, once for each change`() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let catalog = catalog
        try write(agent("a"), "one")
        #expect(try await catalog.agents().count == 1 && log.take().isEmpty)
        try write(agent("a", "description: second\n"), "two")
        #expect(try await catalog.agents().map(\.config.description) == [""])
        let told = log.take()
        try #require(told.count == 1)
        for word in ["warning", "okaris/a", "\"one\"", "\"two\""] {
            #expect(told[0].contains(word.replacing("\"", with: "")), "\(told)")
        }
        for _ in 0..<3 { #expect(try await catalog.agents().count == 1) }
        #expect(log.take().isEmpty, "told again without a change")
        try write(agent("a", "description: changed\n"), "two")
        #expect(try await catalog.agents().count == 1 && log.take().count == 1)
        try write(agent("b"), "two")
        #expect(try await catalog.agents().count == 2 && log.take().isEmpty)
        try write(agent("a"), "two")
        #expect(try await catalog.agents().count == 1 && log.take().count == 1, "not told when it came back")
    }

    @Test func `a key that is no known one is named with the nearest that is`() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let catalog = catalog
        try write(agent("a", "sytem_prompt: x\n"), "a")
        #expect(try await catalog.agents().count == 1)
        let told = log.take()
        try #require(told.count == 1)
        #expect(told[0].contains("\"sytem_prompt\" (is system_prompt meant?)") && told[0].contains("folder"), "\(told)")
        for _ in 0..<3 { _ = try await catalog.agents() }
        #expect(log.take().isEmpty, "told again without a change")
        try write(
            agent(
                "a",
                "description: x\nsystem_prompt: x\nexample_prompts: []\ntools: []\nskills: []\ncontext: []\n"
                    + "internal_tools: {}\npermissions: {}\nhooks: []\noutput_schema: {}\n"), "a")
        #expect(try await catalog.agents().count == 1)
        #expect(log.take().isEmpty, "known keys were told")
    }

    @Test(
        arguments: [
            ("coreapp", "core_app"), ("core-app", "core_app"), ("Tools", "tools"), ("tool", "tools"),
            ("outputSchema", "output_schema"), ("example_prompt", "example_prompts"), ("systemprompt", "system_prompt"),
            ("x", nil), ("version", nil), ("", nil), ("images", nil),
        ] as [(String, String?)])
    func nearest(key: String, expected: String?) {
        #expect(AgentSettings.keys.nearest(to: key) == expected)
    }

    @Test func `many and long keys are told in few words`() {
        let keys = (0..<1000).map { "\($0)" + String(repeating: "k", count: 1000) } + ["a\nb"]
        let warning = AgentSettings.keys.warning(of: keys)
        #expect(warning?.contains("and 996 more") == true && warning!.utf8.count < 600)
        #expect(AgentSettings.keys.warning(of: ["a\nb"])?.contains("\n") == false)
        #expect(AgentSettings.keys.warning(of: ["name", "tools"]) == nil)
    }

    @Test(arguments: [
        ("namespace: okaris\n  bad\nname: a\n", ["namespace is \"okaris bad\"", "an indented line"]),
        ("namespace: 5\nname: a\n", ["namespace is of the type integer", "quotes"]),
        ("namespace:\n  okaris: x\nname: a\n", ["namespace is of the type object"]),
        ("namespace: a\nname: b/c\n", ["name is \"b/c\"", "may hold letters"]),
        ("namespace: \nname: a\n", ["lacks the key namespace"]),
        ("namespace: a\n", ["lacks the key name"]),
    ])
    func `what is wrong with the two parts of a reference is said with their value`(yaml: String, words: [String]) {
        let problem = #expect(throws: AppFolderProblem.self) {
            try AgentSettings(yaml: Array((yaml + "core_app: x\n").utf8))
        }
        for word in words { #expect("\(problem!)".contains(word), "\(problem!)") }
    }

    @Test func `a value of any length is told in few words`() {
        let yaml = "namespace: \(String(repeating: "x y", count: 10_000))\nname: a\ncore_app: x\n"
        let problem = #expect(throws: AppFolderProblem.self) { try AgentSettings(yaml: Array(yaml.utf8)) }
        #expect("\(problem!)".utf8.count < 400)
    }

    @Test(arguments: [
        ("namespace: a\nname: b\nname: c\n", ["has the key \"name\" more than once, first in line 2"]),
        (
            "namespace: a\nname: b\ntools: 1\ntools: 2\nname: c\n",
            ["the key \"name\" more than once, first in line 2, and 1 more"]
        ), ("name: b\nhooks:\n  k: 1\n  k: 2\n", ["the key \"k\" more than once, first in line 3"]),
        ("name: b\n[a, b]: 1\n[a, b]: 2\n", ["has a key more than once, first in line 2"]),
        ("namespace: a\nname: b\n\tkernel: c\n", ["is not YAML in line 3, column 1", "with spaces"]),
        ("namespace: a\ndescription: one: two\n", ["is not YAML in line 2, column 17", "': ' in quotes"]),
        ("namespace: a\ndescription: *strong\n", ["names an anchor in line 2, column 14", "in quotes"]),
        ("description: @me\n", ["line 1, column 14", "such a character in quotes"]),
        ("namespace: a\ntools: [\n", ["is not YAML in line 3, column 1", "brackets"]),
        ("namespace: 'a\n", ["is not YAML in line 1, column 12", "close the quotes"]),
        ("description: *strong* words\n", ["line 1, column 14", "such a character in quotes"]),
        ("namespace: a\n---\nname: b\n", ["second document from line 2"]),
        ("namespace: a\nname: \u{1}\n", ["a character in line 2 that YAML does not allow"]),
    ])
    func `a file that cannot be read is told by line, in words of our own`(yaml: String, words: [String]) {
        let problem = #expect(throws: AppFolderProblem.self) { try AgentSettings(yaml: Array(yaml.utf8)) }
        let text = "\(problem!)"
        #expect(text.hasPrefix("agent.yml "))
        for word in words { #expect(text.contains(word), "\(text)") }
        for word in ["error:", "Parser", "scanner", "expected", "Context", "to be unique", "\n", "uncovertable"] {
            #expect(!text.contains(word), "\(text)")
        }
    }

    @Test func `a key of any length is told in few words when it comes twice`() {
        let key = String(repeating: "k", count: 1000)
        let problem = #expect(throws: AppFolderProblem.self) {
            try AgentSettings(yaml: Array("\(key): 1\n\(key): 2\n".utf8))
        }
        #expect("\(problem!)".utf8.count < 200)
    }
}
