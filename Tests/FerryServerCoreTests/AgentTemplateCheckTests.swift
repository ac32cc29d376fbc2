// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Synchronization
import Testing

@testable import FerryServerCore

/// What is wrong with an agent is told by the place where whoever made it wrote it.
@Suite struct AgentTemplateCheckTests {
    private static let typo: JSONValue = ["type": "object", "properties": ["n": ["type": "intger"]]]
    private static let core = CoreAppConfig(ref: "test/model")

    /// Templates that can be changed.
    private final class Templates: AgentCatalog {
        let config: Mutex<AgentConfig>

        init(_ config: AgentConfig) { self.config = Mutex(config) }

        func agents() async throws -> [AgentTemplate] {
            [
                AgentTemplate(
                    id: Identifier.random(), versionID: Identifier.random(), namespace: "acme", name: "clerk",
                    config: config.withLock { $0 })
            ]
        }
    }

    private static func world(_ config: AgentConfig) async throws -> World {
        try await World.withModel(agents: Templates(config), limits: { $0.maximumAgentConfig = 10_000 }) { _, _, _ in
            ["response": "yes"]
        }
    }

    private static func refusal(of config: AgentConfig) async throws -> ServerError {
        let world = try await world(config)
        return try await FerryServerCoreTests.refusal {
            _ = try await world.services.chats.run(
                AgentRunRequest(agent: "acme/clerk", input: MessageInput(text: "hello")), by: world.root,
                bases: [World.base])
        }
    }

    @Test(
        arguments: [
            (AgentConfig(coreApp: CoreAppConfig(ref: "test/resize")), "core_app in its agent.yml: test/resize cannot"),
            (AgentConfig(coreApp: CoreAppConfig(ref: "a b")), "core_app/ref in its agent.yml: not an app reference"),
            (AgentConfig(coreApp: nil), "core_app in its agent.yml: is missing"),
            (
                AgentConfig(coreApp: core, outputSchema: ["type": "string"]),
                "output_schema/type in its agent.yml: is \"string\""
            ),
            (
                AgentConfig(coreApp: core, outputSchema: typo),
                "output_schema/properties/n/type in its agent.yml: is \"intger\""
            ),
            (
                AgentConfig(coreApp: core, tools: [AgentTool(name: "look", description: "", inputSchema: typo)]),
                "tools/0/client/input_schema/properties/n/type in its agent.yml: is \"intger\""
            ),
            (
                AgentConfig(coreApp: core, systemPrompt: String(repeating: "x", count: 10_000)),
                "its agent.yml: larger than 10000 bytes"
            ),
        ])
    func `what is wrong with a template is told by its file`(config: AgentConfig, words: String) async throws {
        let error = try await Self.refusal(of: config)
        #expect(error.code == .validation)
        #expect(error.message.hasPrefix("the agent acme/clerk cannot be used: \(words)"), "\(error)")
    }

    @Test func `a template's core app that is not there is the file's mistake`() async throws {
        let error = try await Self.refusal(of: AgentConfig(coreApp: CoreAppConfig(ref: "nothere")))
        #expect(error.code == .validation)
        #expect(
            error.message == "the agent acme/clerk cannot be used: core_app in its agent.yml: no app nothere")
        let version = try await Self.refusal(of: AgentConfig(coreApp: CoreAppConfig(ref: "test/model@none")))
        #expect(version.code == .validation && version.message.contains("agent.yml: no version none"))
    }

    @Test func `an agent of the request's own is told by its place in there`() async throws {
        let world = try await Self.world(AgentConfig(coreApp: Self.core))
        let error = try await FerryServerCoreTests.refusal {
            try await world.say("x", config: AgentConfig(coreApp: Self.core, outputSchema: Self.typo))
        }
        #expect(error.code == .validation)
        #expect(error.message.hasPrefix("/agent_config/output_schema/properties/n/type: is \"intger\""), "\(error)")
    }

    @Test func `an app that stands for an agent has no agent yml`() throws {
        let agent = ChatRecord.Agent(
            reference: "test/model", id: "a", versionID: "v",
            config: AgentConfig(coreApp: CoreAppConfig(ref: "test/model@1:chat")))
        let problem = WireFormatError(pointer: JSONPointer(tokens: ["core_app"]), reason: "it is away")
        #expect(AgentOrigin(of: agent).refusal(problem).message == "it is away")
        let missing = ServerError(.notFound, "no app model")
        #expect(AgentOrigin(of: agent).refusal(ofCore: missing).code == .notFound)
    }

    @Test func `a server that is out of order is no mistake of the file`() {
        let away = ServerError(.unavailable, "the app test/model is being made ready")
        let error = AgentOrigin.template("acme/clerk").refusal(ofCore: away)
        #expect(error.code == .unavailable && error.message == away.message)
    }
}
