// SPDX-License-Identifier: Apache-2.0

/// An agent's work on one message of a chat, as the API shows it.
public struct AgentRunDTO: JSONConvertible, Hashable {
    /// Id, 26 characters.
    public var id: String
    /// When it began.
    public var createdAt: Timestamp
    /// When it last changed.
    public var updatedAt: Timestamp
    /// Its chat.
    public var chatID: String
    /// The message it answers.
    public var userMessageID: String?
    /// How far it is.
    public var state: AgentRunState
    /// Why it failed.
    public var error: String?
    /// What it found, if its agent has an output schema.
    public var output: JSONValue
    /// When it ended.
    public var finishedAt: Timestamp?

    /// A run of these values.
    public init(
        id: String, createdAt: Timestamp, updatedAt: Timestamp, chatID: String, userMessageID: String? = nil,
        state: AgentRunState, error: String? = nil, output: JSONValue = .null, finishedAt: Timestamp? = nil
    ) {
        self.id = id
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.chatID = chatID
        self.userMessageID = userMessageID
        self.state = state
        self.error = error
        self.output = output
        self.finishedAt = finishedAt
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        id = try reader.string("id") ?? ""
        createdAt = try reader.time("created_at") ?? Timestamp(seconds: 0)
        updatedAt = try reader.time("updated_at") ?? createdAt
        chatID = try reader.string("chat_id") ?? ""
        userMessageID = try reader.string("user_message_id")
        // A state of a later version is none that work goes on in.
        state = try reader.named("state") ?? .completed
        error = try reader.string("error")
        output = reader.value("output") ?? .null
        finishedAt = try reader.time("finished_at")
    }

    public var json: JSONValue {
        [
            "id": .string(id), "short_id": .string(Identifier.short(id)), "created_at": .time(createdAt),
            "updated_at": .time(updatedAt), "deleted_at": nil, "user_id": "", "team_id": "", "visibility": "team",
            "agent_id": "", "agent_version_id": nil, "chat_id": .string(chatID),
            "user_message_id": .optional(userMessageID), "state": .string(state.rawValue),
            "error": .optional(error), "output": output, "finished_at": .optional(finishedAt),
            "interrupt_reason": state == .inputRequired ? "client_tool" : nil, "interrupt_tool_id": nil,
            "interrupt_meta": nil, "tool_invocation_id": nil, "trigger_id": nil, "metadata": nil,
        ]
    }
}

/// A chat as the API shows it.
public struct ChatDTO: JSONConvertible, Hashable {
    /// Id, 26 characters.
    public var id: String
    /// When it was made.
    public var createdAt: Timestamp
    /// When it last changed.
    public var updatedAt: Timestamp
    /// Owner's id.
    public var userID: String
    /// Owning team's id.
    public var teamID: String
    /// What it is doing.
    public var status: ChatStatus
    /// What its agent found, if it has an output schema.
    public var output: JSONValue
    /// What the chat was begun with, name to text.
    public var context: JSONObject
    /// The agent's reference; nil for one made for this chat.
    public var agent: String?
    /// The agent's id and version, where it has one.
    public var agentID: String?
    public var agentVersionID: String?
    /// Its title.
    public var name: String
    /// More of what it is about.
    public var description: String
    /// Its latest messages, oldest first; nil where they were not loaded.
    public var messages: [ChatMessageDTO]?
    /// The agent's latest work.
    public var activeRun: AgentRunDTO?
    /// What the agent waits for, as the wire has it.
    public var pendingInterrupts: [JSONValue]

    /// A chat of these values.
    public init(
        id: String, createdAt: Timestamp, updatedAt: Timestamp, userID: String = "", teamID: String = "",
        status: ChatStatus, output: JSONValue = .null, context: JSONObject = [:], agent: String? = nil,
        agentID: String? = nil, agentVersionID: String? = nil, name: String = "", description: String = "",
        messages: [ChatMessageDTO]? = nil, activeRun: AgentRunDTO? = nil, pendingInterrupts: [JSONValue] = []
    ) {
        self.id = id
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.userID = userID
        self.teamID = teamID
        self.status = status
        self.output = output
        self.context = context
        self.agent = agent
        self.agentID = agentID
        self.agentVersionID = agentVersionID
        self.name = name
        self.description = description
        self.messages = messages
        self.activeRun = activeRun
        self.pendingInterrupts = pendingInterrupts
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        id = try reader.required("id", try reader.string("id"))
        createdAt = try reader.time("created_at") ?? Timestamp(seconds: 0)
        updatedAt = try reader.time("updated_at") ?? createdAt
        userID = try reader.string("user_id") ?? ""
        teamID = try reader.string("team_id") ?? ""
        status = try reader.named("status") ?? .idle
        output = reader.value("output") ?? .null
        context = reader.value("context")?.objectValue ?? [:]
        // The full record of an agent, where a server shows it, has a reference of its own.
        agent = reader.value("agent")?.stringValue ?? reader.value("agent_ref")?.stringValue
        agentID = try reader.string("agent_id")
        agentVersionID = try reader.string("agent_version_id")
        name = try reader.string("name") ?? ""
        description = try reader.string("description") ?? ""
        messages = try reader.list("chat_messages")
        activeRun = try reader.value("active_run").map { json throws(WireFormatError) in try AgentRunDTO(json: json) }
        pendingInterrupts = try reader.array("pending_interrupts") ?? []
    }

    public var json: JSONValue {
        var object: JSONObject = [
            "id": .string(id), "short_id": .string(Identifier.short(id)), "created_at": .time(createdAt),
            "updated_at": .time(updatedAt), "deleted_at": nil, "user_id": .string(userID),
            "team_id": .string(teamID), "user": nil, "team": nil, "visibility": "team", "parent_id": nil,
            "parent": nil, "children": [], "status": .string(status.rawValue), "output": output,
            "context": .object(context), "agent_id": .optional(agentID), "agent": nil,
            "agent_version_id": .optional(agentVersionID), "agent_version": nil, "agent_ref": .optional(agent),
            "name": .string(name), "description": .string(description),
            "agent_data": ["plan_steps": [], "memory": [:]], "active_run": activeRun?.json ?? .null,
            "pending_interrupts": .array(pendingInterrupts),
        ]
        if let messages { object["chat_messages"] = .array(messages.map(\.json)) }
        return .object(object)
    }

    /// Whether the agent is at work on it.
    public var isBusy: Bool { activeRun?.state.isWorking ?? (status == .busy) }
}
