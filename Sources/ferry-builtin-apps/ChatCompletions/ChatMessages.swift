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

extension ChatMessage {
    /// Puts notes in the place of pictures of earlier messages for which there is no room; the latest come first.
    ///
    /// - Parameter bytes: most bytes that all pictures take as base64. Those of the turn at hand are never left out.
    static func fit(_ messages: inout [ChatMessage], into bytes: Int) {
        var room = bytes
        for case .image(let image) in messages.flatMap(\.parts) where !image.isEarlier { room -= image.encodedSize }
        for message in messages.indices.reversed() {
            for place in messages[message].parts.indices.reversed() {
                guard case .image(let image) = messages[message].parts[place], image.isEarlier else { continue }
                if image.encodedSize <= room {
                    room -= image.encodedSize
                } else {
                    let note = ImagePart.note(image.name, "later messages hold so many images that it finds no room")
                    messages[message].parts[place] = .text(note, file: image.name)
                }
            }
        }
    }
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
    private var calls: CallNames

    private init(_ reader: AttachmentReader, offered: Set<String>) {
        self.reader = reader
        calls = CallNames(offered: offered)
    }

    /// - Throws: ``AppFailure``, `CancellationError`.
    static func make(of input: LLMInput, reader: AttachmentReader = AttachmentReader()) async throws -> [ChatMessage] {
        let offered = input.tools.compactMap { $0["function"]?["name"]?.stringValue }
        var builder = ChatMessages(reader, offered: Set(offered))
        if !input.systemPrompt.utf8.isEmpty {
            builder.messages.append(ChatMessage(role: .system, text: input.systemPrompt))
        }
        for message in input.context { try await builder.add(message, isEarlier: true) }
        let turn = LLMContextMessage {
            $0.role = input.role
            $0.text = input.text
            $0.attachments = input.attachments
            $0.toolCallID = input.toolCallID
        }
        try await builder.add(turn, isEarlier: false)
        builder.flush()
        ChatMessage.fit(&builder.messages, into: reader.limits.imagesBytes)
        return builder.messages
    }

    private mutating func add(_ message: LLMContextMessage, isEarlier: Bool) async throws {
        var parts: [ContentPart] = []
        for file in message.attachments { parts.append(try await reader.part(of: file, isEarlier: isEarlier)) }
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
                ChatMessage(
                    role: .assistant, text: isSilent ? nil : text, toolCalls: calls.called(message.toolCalls)))
            keep(parts, from: "Files that came with the assistant's message:")
        case .tool:
            guard let answered = message.toolCallID, !answered.utf8.isEmpty else {
                throw AppFailure(
                    "a tool's result does not say which call it answers; give its tool_call_id", code: .invalidInput)
            }
            let id = calls.answered(answered)
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
