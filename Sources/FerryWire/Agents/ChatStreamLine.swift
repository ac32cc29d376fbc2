// SPDX-License-Identifier: Apache-2.0

/// One line of a chat's stream (NDJSON), or one frame of its form of server-sent events.
///
/// Indirect, as records are large and a line passes through many suspended calls.
public indirect enum ChatStreamLine: Sendable, Hashable {
    /// The chat as it is now. One whose agent is no longer at work ends the stream.
    case chat(ChatDTO)
    /// A message as it is now.
    case message(ChatMessageDTO)
    /// Tokens of a message as they come.
    case delta(AnswerDelta)
    /// The agent's work as it is now.
    case run(AgentRunDTO)
    /// Nothing new; the connection lives.
    case heartbeat
    /// A kind this version does not know.
    case other(JSONValue)

    /// Reads a line.
    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        if reader.object["type"]?.stringValue == "heartbeat" {
            self = .heartbeat
            return
        }
        self = try Self.read(event: reader.object["event"]?.stringValue ?? "", data: reader.value("data"), line: json)
    }

    /// Reads a server-sent event.
    public init(event: String, data: JSONValue) throws(WireFormatError) {
        self = try Self.read(event: event, data: data, line: data)
    }

    private static func read(event: String, data: JSONValue?, line: JSONValue) throws(WireFormatError) -> Self {
        guard let data, !data.isNull else { return .other(line) }
        return switch event {
        case "chats": .chat(try ChatDTO(json: data))
        case "chat_messages": .message(try ChatMessageDTO(json: data))
        case "agent_runs": .run(try AgentRunDTO(json: data))
        case "delta": .delta(try AnswerDelta(json: data))
        default: .other(line)
        }
    }

    private var parts: (event: String, data: JSONValue)? {
        switch self {
        case .chat(let chat): ("chats", chat.json)
        case .message(let message): ("chat_messages", message.json)
        case .run(let run): ("agent_runs", run.json)
        case .delta(let delta): ("delta", delta.json)
        case .heartbeat, .other: nil
        }
    }

    /// The line as NDJSON, with its line end.
    public var ndjson: [UInt8] {
        let json: JSONValue =
            switch self {
            case .heartbeat: ["type": "heartbeat"]
            case .other(let value): value
            default: parts.map { ["event": .string($0.event), "data": $0.data] } ?? [:]
            }
        return json.serialized() + [UInt8(ascii: "\n")]
    }

    /// The frame as a server-sent event; a heartbeat is a comment.
    public var serverSentEvent: [UInt8] {
        if case .heartbeat = self { return Array(":\n\n".utf8) }
        var bytes = Array("event: \(parts?.event ?? "message")\ndata: ".utf8)
        switch self {
        case .other(let value): value.serialize(into: &bytes)
        default: (parts?.data ?? [:]).serialize(into: &bytes)
        }
        return bytes + Array("\n\n".utf8)
    }
}
