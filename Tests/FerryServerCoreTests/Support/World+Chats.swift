// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

extension AppDTO {
    /// Has the fields of a language model.
    static let model = sample(
        name: "model",
        functions: [
            AppFunctionDTO(
                name: "run",
                inputSchema: [
                    "type": "object",
                    "properties": [
                        "text": ["type": "string"], "role": ["type": "string"], "tool_call_id": ["type": "string"],
                        "system_prompt": ["type": "string"], "tools": ["type": "array"],
                        "attachments": ["type": "array", "items": .file],
                        "context": [
                            "type": "array",
                            "items": [
                                "type": "object",
                                "properties": ["attachments": ["type": "array", "items": .file]],
                            ],
                        ],
                    ],
                ],
                outputSchema: [
                    "type": "object",
                    "properties": [
                        "response": ["type": "string"], "images": ["type": "array", "items": .file],
                    ],
                ])
        ])
}

extension World {
    /// A world whose agents answer by a script.
    static func withModel(
        agents: any AgentCatalog = NoAgentCatalog(), limits: (inout ServerLimits) -> Void = { _ in },
        _ script: @escaping ScriptedAppRunner.Script
    ) async throws -> World {
        try await World(
            apps: ScriptedAppRunner(apps: [.model, .echo, .resize], script: script), agents: agents, limits: limits)
    }

    static func agent(_ config: AgentConfig? = nil) -> AgentConfig {
        config ?? AgentConfig(coreApp: CoreAppConfig(ref: "test/model"), systemPrompt: "Be brief.")
    }

    /// Says something, to a new agent unless there is a chat.
    @discardableResult
    func say(
        _ text: String, in chat: String? = nil, files: [FileRef] = [], config: AgentConfig? = nil,
        by principal: Principal? = nil
    ) async throws -> ChatService.Posted {
        try await services.chats.run(
            AgentRunRequest(
                chatID: chat, config: chat == nil ? Self.agent(config) : nil,
                input: MessageInput(text: text, attachments: files)),
            by: principal ?? root, bases: [Self.base])
    }

    /// Runs the body beside what sees to chats and tasks.
    func withAgents(_ body: () async throws -> Void) async throws {
        try await withServices([services.dispatcher, services.chatDriver], body)
    }

    func chat(_ id: String) async throws -> ChatRecord { try await services.chats.chat(id: id, for: root) }

    /// The chat once nothing is under way.
    func settled(_ id: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> ChatRecord {
        try await eventually("the chat stays busy", sourceLocation: sourceLocation) { try await !chat(id).isWorking }
        return try await chat(id)
    }

    /// A chat's messages, oldest first.
    func messages(_ id: String) async throws -> [ChatMessageRecord] {
        try await services.chats.messages(of: id, CursorListRequest(limit: 1000), for: root).records
    }

    /// What a stream of a chat tells until it ends.
    func lines(_ id: String) async throws -> [ChatStreamLine] {
        let presenter = ChatPresenter(files: presenter, limits: limits)
        var lines: [ChatStreamLine] = []
        for try await line in services.chats.updates(of: try await chat(id), presenter: presenter) {
            lines.append(line)
        }
        return lines
    }
}
