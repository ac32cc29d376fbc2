// SPDX-License-Identifier: Apache-2.0

/// One call of a tool by an agent.
public struct ToolInvocationDTO: JSONConvertible, Hashable {
    /// Id, 26 characters; what `POST /tools/{id}` names.
    public var id: String
    /// When it was made.
    public var createdAt: Timestamp
    /// When it last changed.
    public var updatedAt: Timestamp
    /// The assistant's message that made the call.
    public var messageID: String
    /// The model's own id of the call.
    public var callID: String
    /// Who runs the tool: `client`, `internal`, …
    public var type: String
    /// The tool's name.
    public var name: String
    /// What it is called with; an object.
    public var arguments: JSONValue
    /// How far it is.
    public var status: ToolInvocationStatus
    /// What the tool returned.
    public var result: String?
    /// The files it returned.
    public var attachments: [FileRef]

    /// A call.
    public init(
        id: String, createdAt: Timestamp, updatedAt: Timestamp, messageID: String, callID: String,
        type: String = "client", name: String, arguments: JSONValue = [:],
        status: ToolInvocationStatus = .awaitingInput, result: String? = nil, attachments: [FileRef] = []
    ) {
        self.id = id
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.messageID = messageID
        self.callID = callID
        self.type = type
        self.name = name
        self.arguments = arguments
        self.status = status
        self.result = result
        self.attachments = attachments
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        id = try reader.required("id", try reader.string("id"))
        createdAt = try reader.time("created_at") ?? Timestamp(seconds: 0)
        updatedAt = try reader.time("updated_at") ?? createdAt
        messageID = try reader.string("chat_message_id") ?? ""
        callID = try reader.string("tool_invocation_id") ?? ""
        type = try reader.string("type") ?? ""
        let function = try reader.value("function").map { json throws(WireFormatError) in
            try JSONReader(json, at: reader.pointer.appending("function"))
        }
        name = try function?.string("name") ?? ""
        arguments = function?.value("arguments") ?? [:]
        status = try reader.named("status") ?? .pending
        result = try reader.string("result")
        attachments = try reader.list("attachments") ?? []
    }

    public var json: JSONValue {
        [
            "id": .string(id), "short_id": .string(Identifier.short(id)), "created_at": .time(createdAt),
            "updated_at": .time(updatedAt), "deleted_at": nil, "user_id": "", "team_id": "", "visibility": "team",
            "chat_message_id": .string(messageID), "tool_invocation_id": .string(callID), "type": .string(type),
            "display_name": .string(name), "action": "", "execution_id": nil,
            "function": ["name": .string(name), "arguments": arguments], "status": .string(status.rawValue),
            "result": .optional(result), "data": nil, "widget": nil,
            "attachments": .array(attachments.map(\.json)),
        ]
    }

    /// The tool by which an agent with an output schema says what it found.
    public static let finish = "finish"

    /// Whether by this call the agent said what it found; its arguments are that.
    public var isFinish: Bool { type == "internal" && name == Self.finish && status == .completed }

    /// Whether the client is to run it and to give its result.
    public var awaitsClient: Bool {
        type == "client" && (status == .awaitingInput || status == .inProgress)
    }
}
