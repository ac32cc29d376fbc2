// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Foundation
import Logging
import Testing

@testable import FerryAppHost

/// Templates of agents in the folder of apps.
@Suite struct AgentFoldersTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "agents-\(UUID().uuidString)").path

    private func write(_ yaml: String, _ name: String) throws {
        try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        try yaml.write(toFile: "\(folder)/\(name)/agent.yml", atomically: true, encoding: .utf8)
    }

    private var catalog: AgentFolders {
        AgentFolders(folder: folder, logger: Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() })
    }

    private static let assistant = """
        namespace: okaris
        name: assistant
        description: "123"
        system_prompt: |
          Be brief.
          Be kind.
        core_app:
          ref: chat-completions
          input: {temperature: 0.5, model: "yes", seed: 7, stop: null}
        tools:
          - name: look
            description: Looks
            type: client
            client: {input_schema: {type: object, properties: {where: {type: string}}}}
        output_schema: {type: object, properties: {n: {type: integer}}}
        context:
          - {name: city, in_prompt: true}
        """

    @Test func `an agent is what its file says`() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try write(Self.assistant, "a")
        let agent = try #require(try await catalog.agents().first)
        #expect(agent.reference == "okaris/assistant" && Identifier.isValid(agent.id))
        #expect(Identifier.isValid(agent.versionID))
        #expect(agent.config.systemPrompt == "Be brief.\nBe kind.\n" && agent.config.description == "123")
        #expect(agent.config.coreApp?.ref == "chat-completions")
        let input: JSONValue = ["temperature": 0.5, "model": "yes", "seed": 7, "stop": nil]
        #expect(agent.config.coreApp?.input == input)
        #expect(agent.config.tools.map(\.name) == ["look"])
        #expect(agent.config.tools[0].inputSchema["properties"]?["where"] != nil)
        #expect(agent.config.outputSchema["type"] == "object" && agent.config.context.count == 1)
    }

    @Test func `a change is another version of the same agent`() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try write(Self.assistant, "a")
        let catalog = self.catalog
        let before = try #require(try await catalog.agents().first)
        #expect(try await catalog.agents().first == before)
        try write(Self.assistant.replacing("kind", with: "rude"), "a")
        let after = try #require(try await catalog.agents().first)
        #expect(after.id == before.id && after.versionID != before.versionID)
        try FileManager.default.removeItem(atPath: "\(folder)/a")
        #expect(try await catalog.agents().isEmpty)
    }

    @Test(arguments: [
        "", "- a", "namespace: a", "namespace: a\nname: b", "namespace: a/b\nname: c\ncore_app: x",
        "namespace: a\nname: b\ncore_app: 'x y'", "namespace: a\nname: b\ncore_app: {ref: 5}",
        "namespace: a\nname: b\ncore_app: x\ntools: 5", "a: [", "namespace: a\nname: b\ncore_app: x\n? [1]\n: 2",
    ])
    func `what says nothing usable is left out`(yaml: String) async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try write(yaml, "bad")
        try write(Self.assistant, "good")
        #expect(try await catalog.agents().map(\.reference) == ["okaris/assistant"])
        #expect(throws: AppFolderProblem.self) { try AgentSettings(yaml: Array(yaml.utf8)) }
    }

    @Test func `aliases cannot spell more than a file may hold`() throws {
        var yaml = "namespace: a\nname: b\ncore_app: x\na0: &a0 [1,1,1,1,1,1,1,1,1,1]\n"
        for level in 1...8 {
            let list = [String](repeating: "*a\(level - 1)", count: 10).joined(separator: ",")
            yaml += "a\(level): &a\(level) [\(list)]\n"
        }
        #expect(throws: AppFolderProblem.self) { try AgentSettings(yaml: Array(yaml.utf8)) }
    }

    @Test func `no folder, no agents`() async throws {
        #expect(try await catalog.agents().isEmpty)
    }
}
