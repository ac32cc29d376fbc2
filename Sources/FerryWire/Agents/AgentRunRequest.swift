// SPDX-License-Identifier: Apache-2.0

/// What a person says to an agent.
public struct MessageInput: JSONConvertible, Hashable {
    /// The words.
    public var text: String
    /// Files that were uploaded before, in order.
    public var attachments: [FileRef]

    /// A message.
    public init(text: String, attachments: [FileRef] = []) {
        self.text = text
        self.attachments = attachments
    }

    /// Reads a message. `images` and `files`, lists of addresses that older clients send, count only where there are no
    /// attachments.
    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        text = try reader.string("text") ?? ""
        attachments = try reader.list("attachments") ?? []
        guard attachments.isEmpty else { return }
        for (key, type) in [("images", "image/*"), ("files", "")] {
            for uri in try reader.strings(key) ?? [] where !uri.isEmpty {
                attachments.append(FileRef(uri: uri, filename: "", contentType: type))
            }
        }
    }

    public var json: JSONValue {
        var object: JSONObject = ["text": .string(text)]
        if !attachments.isEmpty { object["attachments"] = .array(attachments.map(\.json)) }
        return .object(object)
    }
}

/// The body of `POST /agents/run`.
public struct AgentRunRequest: JSONConvertible, Hashable {
    /// The chat to go on with; nil for a new one.
    public var chatID: String?
    /// The template, `namespace/name[@version]`, or its id.
    public var agent: String?
    /// The id of a version of it.
    public var agentVersionID: String?
    /// An agent made for this chat.
    public var config: AgentConfig?
    /// Its name.
    public var agentName: String?
    /// What is said.
    public var input: MessageInput
    /// What a new chat is begun with, name to text.
    public var context: JSONObject
    /// Whether the answer is to be a stream.
    public var stream: Bool

    /// A request.
    public init(
        chatID: String? = nil, agent: String? = nil, config: AgentConfig? = nil, agentName: String? = nil,
        input: MessageInput, context: JSONObject = [:], stream: Bool = false
    ) {
        self.chatID = chatID
        self.agent = agent
        self.config = config
        self.agentName = agentName
        self.input = input
        self.context = context
        self.stream = stream
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        func text(_ key: String) throws(WireFormatError) -> String? {
            guard let text = try reader.string(key), !text.isEmpty else { return nil }
            return text
        }
        chatID = try text("chat_id")
        let id = try text("agent_id")
        agent = try text("agent") ?? id
        agentVersionID = try text("agent_version_id")
        config = try reader.nested("agent_config")
        agentName = try text("agent_name")
        input = try reader.required("input", try reader.nested("input"))
        context = [:]
        for (key, value) in reader.value("context")?.objectValue ?? [:] {
            guard let text = value.stringValue else {
                throw WireFormatError(
                    pointer: reader.pointer.appending("context").appending(key),
                    reason: "expected a string, got \(value.kind)")
            }
            context[key] = .string(text)
        }
        stream = try reader.bool("stream") ?? false
    }

    public var json: JSONValue {
        var object: JSONObject = ["chat_id": .optional(chatID), "input": input.json]
        if let agent { object["agent"] = .string(agent) }
        if let agentVersionID { object["agent_version_id"] = .string(agentVersionID) }
        if let config {
            object["agent_config"] = config.json
            object["agent_name"] = .optional(agentName ?? config.name)
        }
        if !context.isEmpty { object["context"] = .object(context) }
        if stream { object["stream"] = true }
        return .object(object)
    }
}

/// The answer to `POST /agents/run`.
public struct AgentRunResponse: JSONConvertible, Hashable {
    /// What was said.
    public var userMessage: ChatMessageDTO
    /// What will be answered; nil while the agent is still busy with an earlier message.
    public var assistantMessage: ChatMessageDTO?

    /// An answer.
    public init(userMessage: ChatMessageDTO, assistantMessage: ChatMessageDTO?) {
        self.userMessage = userMessage
        self.assistantMessage = assistantMessage
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        userMessage = try reader.required("user_message", try reader.nested("user_message"))
        assistantMessage = try reader.nested("assistant_message")
    }

    public var json: JSONValue {
        ["user_message": userMessage.json, "assistant_message": assistantMessage?.json ?? .null]
    }
}

/// The body of `POST /tools/{id}`: what a client's tool returned.
public struct ToolResultRequest: JSONConvertible, Hashable {
    /// The result, as text for the model.
    public var result: String
    /// Files the tool returns.
    public var attachments: [FileRef]

    /// A result.
    public init(result: String, attachments: [FileRef] = []) {
        self.result = result
        self.attachments = attachments
    }

    /// Reads a result; an action of a widget, `{action, form_data}`, counts as its own text.
    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        attachments = try reader.list("attachments") ?? []
        if let value = reader.value("result") {
            result = value.stringValue ?? value.description
        } else if reader.value("action") != nil {
            var object = reader.object
            object["attachments"] = nil
            result = JSONValue.object(object).description
        } else {
            throw WireFormatError(pointer: reader.pointer.appending("result"), reason: "is missing")
        }
    }

    public var json: JSONValue {
        var object: JSONObject = ["result": .string(result)]
        if !attachments.isEmpty { object["attachments"] = .array(attachments.map(\.json)) }
        return .object(object)
    }
}

extension JSONReader {
    /// A member of that type; errors name their place from the root.
    func nested<Value: JSONConvertible>(_ key: String) throws(WireFormatError) -> Value? {
        guard let json = value(key) else { return nil }
        do throws(WireFormatError) {
            return try Value(json: json)
        } catch {
            throw WireFormatError(
                pointer: JSONPointer(tokens: pointer.tokens + [key] + error.pointer.tokens), reason: error.reason)
        }
    }
}
