// SPDX-License-Identifier: Apache-2.0

/// A message of a chat as the API shows it.
public struct ChatMessageDTO: JSONConvertible, Hashable {
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
    /// Its chat.
    public var chatID: String
    /// The work it belongs to.
    public var runID: String?
    /// Its place in the chat, from 0.
    public var order: Int64
    /// How far it is.
    public var status: ChatMessageStatus
    /// The task that wrote it.
    public var taskID: String?
    /// Who speaks.
    public var role: ChatMessageRole
    /// What is said, in parts.
    public var content: [ChatMessageContent]
    /// Which call a tool's result answers: the model's own id of it.
    public var toolCallID: String?
    /// The calls of tools it makes.
    public var toolInvocations: [ToolInvocationDTO]

    /// A message of these values.
    public init(
        id: String, createdAt: Timestamp, updatedAt: Timestamp, userID: String = "", teamID: String = "",
        chatID: String, runID: String? = nil, order: Int64 = 0, status: ChatMessageStatus = .ready,
        taskID: String? = nil, role: ChatMessageRole, content: [ChatMessageContent] = [], toolCallID: String? = nil,
        toolInvocations: [ToolInvocationDTO] = []
    ) {
        self.id = id
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.userID = userID
        self.teamID = teamID
        self.chatID = chatID
        self.runID = runID
        self.order = order
        self.status = status
        self.taskID = taskID
        self.role = role
        self.content = content
        self.toolCallID = toolCallID
        self.toolInvocations = toolInvocations
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        id = try reader.required("id", try reader.string("id"))
        createdAt = try reader.time("created_at") ?? Timestamp(seconds: 0)
        updatedAt = try reader.time("updated_at") ?? createdAt
        userID = try reader.string("user_id") ?? ""
        teamID = try reader.string("team_id") ?? ""
        chatID = try reader.string("chat_id") ?? ""
        runID = try reader.string("agent_run_id")
        order = try reader.integer("order") ?? 0
        status = try reader.named("status") ?? .pending
        taskID = try reader.string("task_id")
        role = try reader.named("role") ?? .event
        content = try reader.list("content") ?? []
        toolCallID = try reader.string("tool_call_id")
        toolInvocations = try reader.list("tool_invocations") ?? []
    }

    public var json: JSONValue {
        [
            "id": .string(id), "short_id": .string(Identifier.short(id)), "created_at": .time(createdAt),
            "updated_at": .time(updatedAt), "deleted_at": nil, "user_id": .string(userID),
            "team_id": .string(teamID), "user": nil, "team": nil, "visibility": "team", "chat_id": .string(chatID),
            "agent_run_id": .optional(runID), "order": .integer(order), "status": .string(status.rawValue),
            "task_id": .optional(taskID), "role": .string(role.rawValue), "content": .array(content.map(\.json)),
            "tool_call_id": .optional(toolCallID), "tool_invocations": .array(toolInvocations.map(\.json)),
        ]
    }

    /// All text, without what the model thought.
    public var text: String { content.filter { $0.kind == .text }.compactMap(\.text).joined() }

    /// What the model thought.
    public var reasoning: String { content.filter { $0.kind == .reasoning }.compactMap(\.text).joined() }

    /// Why the message is not whole; nil unless it failed.
    public var error: String? { content.compactMap(\.error).first }

    /// The pictures and files it carries, in order.
    public var files: [FileRef] { content.compactMap(\.file) }
}
