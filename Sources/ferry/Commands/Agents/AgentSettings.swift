// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// What an agent is made of that is made on the command line, and what its chat begins with.
struct AgentSettings: ParsableArguments {
    @Option(
        name: .customLong("core-app"),
        help: ArgumentHelp("Make an agent that this app answers for; AGENT is left out then.", valueName: "app"))
    var coreApp: String?

    @Option(help: ArgumentHelp("With --core-app: what the model is told before the conversation.", valueName: "text"))
    var system: String?

    @Option(
        help: ArgumentHelp(
            "With --core-app: JSON Schema of what the agent is to find, or @FILE; prints that instead of text.",
            valueName: "json"))
    var schema: String?

    @Option(
        name: .customLong("context"),
        help: ArgumentHelp("Begin a new chat with this value. Can be given several times.", valueName: "key=value"))
    var contextTexts: [String] = []

    /// A flag that was given and counts only when a chat begins.
    var fixedFlag: String? {
        if coreApp != nil { return "--core-app" }
        if system != nil { return "--system" }
        if schema != nil { return "--schema" }
        return contextTexts.isEmpty ? nil : "--context"
    }

    func validate() throws {
        if coreApp == nil, system != nil || schema != nil {
            throw ValidationError("--system and --schema make an agent of their own; add --core-app APP")
        }
        if let coreApp, AppReference(coreApp) == nil {
            throw ValidationError("'\(coreApp)' is no app's name; write it as namespace/name")
        }
        _ = try context()
        guard let schema, !JSONArgument.isFromFile(schema) else { return }
        do throws(CommandFailure) {
            try Self.check(try JSONArgument.parsed(schema, name: "--schema"))
        } catch {
            throw ValidationError(error.description)
        }
    }

    private static func check(_ schema: JSONValue?) throws(CommandFailure) {
        guard let schema, schema.objectValue == nil else { return }
        throw CommandFailure(
            .usage, #"--schema takes an object, such as {"type":"object","properties":{"total":{"type":"number"}}}"#)
    }

    /// What the chat begins with.
    ///
    /// - Throws: `ValidationError`.
    func context() throws -> [String: String] {
        var context: [String: String] = [:]
        for text in contextTexts {
            guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
                throw ValidationError("--context takes key=value; '\(text)' is none")
            }
            context[String(text[..<equals])] = String(text[text.index(after: equals)...])
        }
        return context
    }

    /// The agent.
    ///
    /// - Parameter reference: the template, unless one is made.
    /// - Throws: ``CommandFailure``, `CancellationError`.
    func agent(_ reference: String?, chat: String?, of ferry: Ferry) async throws -> Agent {
        let context = try context()
        guard let coreApp else { return ferry.agents.create(reference ?? "", context: context, chatID: chat) }
        let schema = try await JSONArgument.json(schema, flag: "--schema")
        try Self.check(schema)
        let config = AgentConfig(
            coreApp: CoreAppConfig(ref: coreApp), systemPrompt: system ?? "", outputSchema: schema ?? .null)
        return ferry.agents.create(config, context: context, chatID: chat)
    }
}
