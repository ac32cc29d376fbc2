// SPDX-License-Identifier: Apache-2.0

public import FerryServerCore
public import FerryWire

extension ChatRecord {
    /// A chat with usual values in which nothing was said yet, and whatever a test cares about.
    public static func sample(
        id: String = Identifier.random(), teamID: String = Identifier.random(), createdAt: Timestamp = .sample,
        name: String = "a chat", description: String = "", agent: String? = nil,
        config: AgentConfig = AgentConfig(coreApp: CoreAppConfig(ref: "test/model"))
    ) -> ChatRecord {
        ChatRecord(
            id: id, teamID: teamID, userID: Identifier.random(), createdAt: createdAt,
            agent: Agent(reference: agent, config: config), name: name, description: description)
    }

    /// The chat one revision on, with its agent's work in a state.
    public func next(at time: Timestamp = .sample, state: AgentRunState? = nil) -> ChatRecord {
        var chat = self
        chat.revision += 1
        chat.updatedAt = time
        if let state {
            chat.run = Run(
                id: Identifier.random(), createdAt: time, updatedAt: time, state: state,
                userMessageID: Identifier.random(), firstOrder: 0)
            chat.status = state.isWorking ? .busy : .idle
        }
        return chat
    }
}

extension ChatMessageRecord {
    /// A message in a chat as that is, and whatever a test cares about.
    public static func sample(
        in chat: ChatRecord, id: String = Identifier.random(), order: Int64 = 0, role: ChatMessageRole = .user,
        status: ChatMessageStatus = .ready, text: String = "hello", createdAt: Timestamp = .sample,
        tools: [ToolInvocationDTO] = []
    ) -> ChatMessageRecord {
        var message = ChatMessageRecord(
            id: id, chatID: chat.id, teamID: chat.teamID, userID: chat.userID, createdAt: createdAt, order: order,
            revision: chat.revision, status: status, role: role, text: text)
        message.tools = tools
        return message
    }
}

extension ToolInvocationDTO {
    /// A call of a tool that waits for its client.
    public static func sample(id: String = Identifier.random(), arguments: JSONValue = [:]) -> ToolInvocationDTO {
        ToolInvocationDTO(
            id: id, createdAt: .sample, updatedAt: .sample, messageID: "", callID: "call_1", name: "look_up",
            arguments: arguments)
    }
}
