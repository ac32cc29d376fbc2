// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// A chat as the server knows it, without its messages.
public struct ChatRecord: Sendable, Hashable {
    /// Id, 26 characters.
    public var id: String
    /// Owning team.
    public var teamID: String
    /// Who made it.
    public var userID: String
    /// When it was made.
    public var createdAt: Timestamp
    /// When it last changed.
    public var updatedAt: Timestamp
    /// Grows by one with every change of the chat or of a message; who changes a chat must have seen the latest.
    public var revision: Int64
    /// What it is doing.
    public var status: ChatStatus
    /// Its title.
    public var name: String
    /// More of what it is about.
    public var description: String
    /// What it was begun with, name to text.
    public var context: JSONObject
    /// Who answers.
    public var agent: Agent
    /// What its agent found; null until then.
    public var output: JSONValue
    /// The latest work of its agent.
    public var run: Run?
    /// The works before it that ended since, the oldest first: who reads a stream may not have heard of their ends, since
    /// the next one begins in the same moment. ``maximumEndedRuns`` at most, outputs that are long left out.
    public var endedRuns: [Run]
    /// Messages that wait until the agent has time for them, the oldest first.
    public var queued: [String]
    /// The place of the next message.
    public var nextOrder: Int64

    /// Who answers in a chat: a template in one of its versions, or an agent made for it.
    public struct Agent: Sendable, Hashable {
        /// The template's reference, `namespace/name`; nil for an agent made for the chat.
        public var reference: String?
        /// The template's id and version.
        public var id: String?
        public var versionID: String?
        /// What it is made of, as it was when the chat began.
        public var config: AgentConfig

        /// An agent.
        public init(reference: String? = nil, id: String? = nil, versionID: String? = nil, config: AgentConfig) {
            self.reference = reference
            self.id = id
            self.versionID = versionID
            self.config = config
        }
    }

    /// An agent's work on one message.
    public struct Run: Sendable, Hashable {
        /// Id, 26 characters.
        public var id: String
        /// When it began.
        public var createdAt: Timestamp
        /// When it last changed.
        public var updatedAt: Timestamp
        /// How far it is.
        public var state: AgentRunState
        /// The message it answers.
        public var userMessageID: String
        /// The place of that message.
        public var firstOrder: Int64
        /// The message that is being written.
        public var assistantMessageID: String?
        /// The task that writes it. It may not have been made yet.
        public var taskID: String?
        /// How often the core app was called.
        public var steps: Int
        /// Why it failed.
        public var error: String?
        /// Why the last output that the model handed over was not accepted, ``maximumRejection`` characters and a mark
        /// for the rest at most.
        public var rejection: String?
        /// What it found.
        public var output: JSONValue
        /// When it ended.
        public var finishedAt: Timestamp?

        /// How much is kept of why an output was not accepted. 500 characters.
        public static let maximumRejection = 500

        /// A run.
        public init(
            id: String, createdAt: Timestamp, updatedAt: Timestamp, state: AgentRunState, userMessageID: String,
            firstOrder: Int64, assistantMessageID: String? = nil, taskID: String? = nil, steps: Int = 0,
            error: String? = nil, output: JSONValue = .null, finishedAt: Timestamp? = nil
        ) {
            self.id = id
            self.createdAt = createdAt
            self.updatedAt = updatedAt
            self.state = state
            self.userMessageID = userMessageID
            self.firstOrder = firstOrder
            self.assistantMessageID = assistantMessageID
            self.taskID = taskID
            self.steps = steps
            self.error = error
            self.output = output
            self.finishedAt = finishedAt
        }
    }

    /// A chat in which nothing was said yet.
    public init(
        id: String, teamID: String, userID: String, createdAt: Timestamp, agent: Agent, name: String = "",
        description: String = "", context: JSONObject = [:]
    ) {
        self.id = id
        self.teamID = teamID
        self.userID = userID
        self.createdAt = createdAt
        updatedAt = createdAt
        revision = 0
        status = .idle
        self.name = name
        self.description = description
        self.context = context
        self.agent = agent
        output = .null
        run = nil
        endedRuns = []
        queued = []
        nextOrder = 0
    }

    /// Most works that are remembered after the next one began. 8.
    public static let maximumEndedRuns = 8

    /// Whether its agent is at work, so that somebody must see to it.
    public var isWorking: Bool { run?.state.isWorking ?? false }
}

extension ChatRecord: ListedRecord {
    public static let listName = "chats"

    public static let listFields: [String: RecordQuery.Kind] = [
        "id": .text, "name": .text, "description": .text, "status": .text, "agent": .text, "user_id": .text,
        "created_at": .time, "updated_at": .time,
    ]

    public static let searchFields = ["name", "description", "agent"]

    public var expiresAt: Timestamp? { nil }

    public func listValue(_ field: String) -> RecordQuery.Value? {
        switch field {
        case "id": .text(id)
        case "name": .text(name)
        case "description": .text(description)
        case "status": .text(status.rawValue)
        case "agent": agent.reference.map { .text($0) }
        case "user_id": .text(userID)
        case "created_at": .integer(createdAt.microseconds)
        case "updated_at": .integer(updatedAt.microseconds)
        default: nil
        }
    }
}
