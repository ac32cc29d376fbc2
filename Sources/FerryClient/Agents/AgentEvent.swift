// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// A call of a tool that the client is to run; its result goes to ``Agent/submitToolResult(_:result:files:progress:)``.
public typealias ToolCall = ToolInvocationDTO

/// Runs a tool: gets the call, gives the result as text for the model. What it throws ends the wait for the answer, and
/// the call goes on waiting on the server.
///
/// Names and arguments come from a model: check them, and take no string in them for a path by itself.
public typealias ToolHandler = @Sendable (ToolCall) async throws -> String

/// Something that happened in a chat.
public enum AgentEvent: Sendable, Hashable {
    /// A message as it is now. Comes when it is not as it was told last.
    case message(ChatMessageDTO)
    /// More of an answer that is being written. The increments of a message, put together, are its whole text.
    case delta(AgentDelta)
    /// A call that waits for its result. Comes once.
    case toolCall(ToolCall)
    /// The work on the message as it ended, where the chat goes on to another one at once.
    case run(AgentRunDTO)
    /// The chat as it is now; the last one has no agent at work.
    case chat(ChatDTO)
}

/// An increment of an answer.
public struct AgentDelta: Sendable, Hashable {
    /// The message it belongs to.
    public var messageID: String
    /// The server's number of it; grows with each increment of a message, unless it is begun anew.
    public var sequence: Int64
    /// What is new, as the wire has it: `response`, `reasoning`, `tool_calls`, `usage`.
    public var increment: JSONValue
    /// The answer so far, this increment included.
    public var answer: PartialAnswer
    /// Whether the answer was begun anew: what was told of it before is void, and the increment is all there is.
    public var isRestart: Bool

    /// An increment of these values.
    public init(
        messageID: String, sequence: Int64, increment: JSONValue, answer: PartialAnswer, isRestart: Bool = false
    ) {
        self.messageID = messageID
        self.sequence = sequence
        self.increment = increment
        self.answer = answer
        self.isRestart = isRestart
    }

    /// The new text; empty if there is none.
    public var text: String { increment["response"]?.stringValue ?? "" }
    /// What the model thought since; empty if nothing.
    public var reasoning: String { increment["reasoning"]?.stringValue ?? "" }
}
