// SPDX-License-Identifier: Apache-2.0

import FerryApp
import FerryWire

/// A message as the protocol has it.
struct ChatMessage: Sendable {
    var role: LLMRole
    /// Nil for an assistant that only called tools.
    var text: String?
    /// What came with the text; none for a text alone.
    var parts: [ContentPart] = []
    var toolCalls: [LLMToolCall] = []
    var toolCallID: String?
}

/// Makes the protocol's messages of a turn and what came before it.
///
/// The protocol takes files in a user's messages alone. Those of tools' results and of the assistant go into the next user's
/// message; when none follows before others speak, into one of their own. Results of tools stay together, right behind the
/// message that asked for them.
struct ChatMessages: Sendable {
    private let reader: AttachmentReader
    private var messages: [ChatMessage] = []
    /// Files that wait for a user's message.
    private var waiting: [ContentPart] = []

    private init(_ reader: AttachmentReader) { self.reader = reader }

    /// - Throws: ``AppFailure``, `CancellationError`.
    static func make(of input: LLMInput, reader: AttachmentReader = AttachmentReader()) async throws -> [ChatMessage] {
        var builder = ChatMessages(reader)
        if !input.systemPrompt.utf8.isEmpty {
            builder.messages.append(ChatMessage(role: .system, text: input.systemPrompt))
        }
        for message in input.context { try await builder.add(message) }
        let turn = LLMContextMessage {
            $0.role = input.role
            $0.text = input.text
            $0.attachments = input.attachments
            $0.toolCallID = input.toolCallID
        }
        try await builder.add(turn)
        builder.flush()
        return builder.messages
    }

    private mutating func add(_ message: LLMContextMessage) async throws {
        var parts: [ContentPart] = []
        for file in message.attachments { parts.append(try await reader.part(of: file)) }
        let text = message.text ?? ""
        switch message.role {
        case .user:
            let isMixed = !waiting.isEmpty && !parts.isEmpty
            let own = isMixed ? [.text("Files that came with this message:")] + parts : parts
            messages.append(ChatMessage(role: .user, text: text, parts: waiting + own))
            waiting = []
        case .system:
            flush()
            messages.append(ChatMessage(role: .system, text: text))
            keep(parts, from: "Files that came with these instructions:")
        case .assistant:
            flush()
            let isSilent = text.utf8.isEmpty && !message.toolCalls.isEmpty
            messages.append(
                ChatMessage(role: .assistant, text: isSilent ? nil : text, toolCalls: message.toolCalls))
            keep(parts, from: "Files that came with the assistant's message:")
        case .tool:
            guard let id = message.toolCallID, !id.utf8.isEmpty else {
                throw AppFailure(
                    "a tool's result does not say which call it answers; give its tool_call_id", code: .invalidInput)
            }
            messages.append(ChatMessage(role: .tool, text: text, toolCallID: id))
            keep(parts, from: "Files that came with the result of the tool call \(OneLine.text(id, most: 100)):")
        }
    }

    private mutating func keep(_ parts: [ContentPart], from source: String) {
        if !parts.isEmpty { waiting += [.text(source)] + parts }
    }

    private mutating func flush() {
        guard !waiting.isEmpty else { return }
        messages.append(ChatMessage(role: .user, parts: waiting))
        waiting = []
    }
}
