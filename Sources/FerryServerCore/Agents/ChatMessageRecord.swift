// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// A message of a chat as the server knows it.
public struct ChatMessageRecord: Sendable, Hashable {
    /// Id, 26 characters.
    public var id: String
    /// Its chat.
    public var chatID: String
    /// Owning team.
    public var teamID: String
    /// Who caused it.
    public var userID: String
    /// When it was made.
    public var createdAt: Timestamp
    /// When it last changed.
    public var updatedAt: Timestamp
    /// Its place in the chat, from 0.
    public var order: Int64
    /// The chat's revision in which it last changed.
    public var revision: Int64
    /// How far it is.
    public var status: ChatMessageStatus
    /// Who speaks.
    public var role: ChatMessageRole
    /// The words.
    public var text: String
    /// What the model thought.
    public var reasoning: String
    /// What the model wants back with its message; never read here.
    public var reasoningState: JSONValue
    /// Why the message is not whole.
    public var error: String?
    /// Files, in order, by `inf://` addresses or such of the web.
    public var attachments: [FileRef]
    /// The calls of tools it makes.
    public var tools: [ToolInvocationDTO]
    /// The call that it is the result of: the model's own id.
    public var toolCallID: String?
    /// The work it belongs to.
    public var runID: String?
    /// The task that wrote it.
    public var taskID: String?

    /// A message.
    public init(
        id: String, chatID: String, teamID: String, userID: String, createdAt: Timestamp, order: Int64,
        revision: Int64 = 0, status: ChatMessageStatus = .ready, role: ChatMessageRole, text: String = "",
        attachments: [FileRef] = [], toolCallID: String? = nil, runID: String? = nil, taskID: String? = nil
    ) {
        self.id = id
        self.chatID = chatID
        self.teamID = teamID
        self.userID = userID
        self.createdAt = createdAt
        updatedAt = createdAt
        self.order = order
        self.revision = revision
        self.status = status
        self.role = role
        self.text = text
        reasoning = ""
        reasoningState = .null
        self.attachments = attachments
        tools = []
        self.toolCallID = toolCallID
        self.runID = runID
        self.taskID = taskID
    }
}

extension ChatMessageRecord: ListedRecord {
    public static let listName = "chat_messages"

    public static let listFields: [String: RecordQuery.Kind] = [
        "id": .text, "chat_id": .text, "role": .text, "status": .text, "order": .integer, "revision": .integer,
        "created_at": .time, "updated_at": .time,
    ]

    public static let searchFields: [String] = []

    public var expiresAt: Timestamp? { nil }

    public func listValue(_ field: String) -> RecordQuery.Value? {
        switch field {
        case "id": .text(id)
        case "chat_id": .text(chatID)
        case "role": .text(role.rawValue)
        case "status": .text(status.rawValue)
        case "order": .integer(order)
        case "revision": .integer(revision)
        case "created_at": .integer(createdAt.microseconds)
        case "updated_at": .integer(updatedAt.microseconds)
        default: nil
        }
    }
}
