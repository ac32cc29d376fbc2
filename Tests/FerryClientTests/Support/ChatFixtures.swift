// SPDX-License-Identifier: Apache-2.0

import FerryWire
import NIOHTTP1
import Synchronization

@testable import FerryClient

let chatID = "ccccccccccccccccccccccccca"
let runID = "rrrrrrrrrrrrrrrrrrrrrrrrra"
let userMessageID = "uuuuuuuuuuuuuuuuuuuuuuuuua"
let answerID = "aaaaaaaaaaaaaaaaaaaaaaaaaa"

func userMessage(
    id: String = userMessageID, status: ChatMessageStatus = .ready, run: String? = runID, order: Int64 = 0
) -> ChatMessageDTO {
    ChatMessageDTO(
        id: id, createdAt: Timestamp(seconds: 0), updatedAt: Timestamp(seconds: 0), chatID: chatID, runID: run,
        order: order, status: status, role: .user, content: [ChatMessageContent(.text, text: "hi")])
}

func answer(
    _ text: String = "", id: String = answerID, status: ChatMessageStatus = .pending, run: String? = runID,
    order: Int64 = 1, reasoning: String = "", error: String? = nil, tools: [ToolInvocationDTO] = []
) -> ChatMessageDTO {
    var content: [ChatMessageContent] = []
    if !reasoning.isEmpty { content.append(ChatMessageContent(.reasoning, text: reasoning)) }
    if !text.isEmpty || error != nil { content.append(ChatMessageContent(.text, text: text, error: error)) }
    return ChatMessageDTO(
        id: id, createdAt: Timestamp(seconds: 0), updatedAt: Timestamp(seconds: 0), chatID: chatID, runID: run,
        order: order, status: status, role: .assistant, content: content, toolInvocations: tools)
}

func toolCall(_ id: String, name: String = "look", status: ToolInvocationStatus = .awaitingInput) -> ToolInvocationDTO {
    ToolInvocationDTO(
        id: id, createdAt: Timestamp(seconds: 0), updatedAt: Timestamp(seconds: 0), messageID: answerID,
        callID: "call_\(id)", name: name, arguments: ["where": "/etc/passwd"], status: status)
}

func chat(
    _ state: AgentRunState?, status: ChatStatus? = nil, run: String = runID, user: String? = userMessageID,
    error: String? = nil, output: JSONValue = .null
) -> ChatDTO {
    let known: ChatStatus =
        switch state {
        case .submitted?, .working?: .busy
        case .inputRequired?: .awaitingInput
        default: .idle
        }
    return ChatDTO(
        id: chatID, createdAt: Timestamp(seconds: 0), updatedAt: Timestamp(seconds: 0), status: status ?? known,
        output: output,
        activeRun: state.map {
            AgentRunDTO(
                id: run, createdAt: Timestamp(seconds: 0), updatedAt: Timestamp(seconds: 0), chatID: chatID,
                userMessageID: user, state: $0, error: error, output: output)
        })
}

func delta(_ text: String, _ sequence: Int64, whole: Bool = false, id: String = answerID) -> ChatStreamLine {
    .delta(AnswerDelta(delta: ["response": .string(text)], seq: sequence, messageID: id, isWhole: whole))
}

func chatLines(_ lines: [ChatStreamLine], staysOpen: Bool = false) -> StubReply {
    .chunks(lines.map(\.ndjson), headers: ["Content-Type": "application/x-ndjson"], staysOpen: staysOpen)
}

let posted: StubReply = .json([
    "success": true, "data": AgentRunResponse(userMessage: userMessage(), assistantMessage: answer()).json,
])

/// The answers of a server with one chat, whose streams are given one after the other, the last one again and again.
struct ChatStub: Sendable {
    var streams: [StubReply]
    /// What `GET /chats/{id}/messages` gives.
    var messages: [ChatMessageDTO] = []
    var post: StubReply = posted
    /// What `GET /chats/{id}` gives.
    var state = chat(.completed)

    func reply(_ request: StubRequest, _ server: StubServer) -> StubReply {
        switch (request.method, request.path) {
        case ("POST", "/agents/run"): return post
        case ("GET", "/chats/\(chatID)/stream"): return streams[min(request.earlier, streams.count - 1)]
        case ("GET", "/chats/\(chatID)"): return .json(state.json)
        case ("GET", "/chats/\(chatID)/messages"):
            return .json(CursorPage(items: messages, itemsPerPage: 10).json)
        case ("POST", _) where request.path.hasPrefix("/tools/"):
            return .json(toolCall(String(request.path.dropFirst(7)), status: .completed).json)
        case ("POST", "/chats/\(chatID)/stop"): return .json(chat(.canceled).json)
        default: return storing(request, server)
        }
    }
}

/// What was delivered, in few words.
func words(_ events: [AgentEvent]) -> [String] {
    events.map { event in
        switch event {
        case .chat(let chat): "chat \(chat.status.rawValue)"
        case .message(let message): "\(message.role.rawValue) \(message.status.rawValue) '\(message.text)'"
        case .delta(let delta): "\(delta.isRestart ? "anew" : "delta") '\(delta.text)' of '\(delta.answer.response)'"
        case .toolCall(let call): "call \(call.id)"
        case .run(let run): "run \(run.state.rawValue)"
        }
    }
}

func collect(_ events: AgentEvents) async throws -> [AgentEvent] {
    var collected: [AgentEvent] = []
    for try await event in events { collected.append(event) }
    return collected
}
