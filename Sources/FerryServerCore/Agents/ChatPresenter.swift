// SPDX-License-Identifier: Apache-2.0

package import FerryWire

/// Turns records of chats into what callers see.
package struct ChatPresenter: Sendable {
    private let files: FilePresenter
    private let limits: ServerLimits

    package init(files: FilePresenter, limits: ServerLimits) {
        self.files = files
        self.limits = limits
    }

    /// The chat as the API shows it.
    ///
    /// - Parameters:
    ///   - messages: messages to be shown with it.
    ///   - said: what has been said of the one that is being written.
    package func present(
        _ chat: ChatRecord, messages: [ChatMessageRecord]? = nil, said: PartialAnswer? = nil
    ) -> ChatDTO {
        var shown = ChatDTO(
            id: chat.id, createdAt: chat.createdAt, updatedAt: chat.updatedAt, userID: chat.userID,
            teamID: chat.teamID, status: chat.status, output: chat.output, context: chat.context,
            agent: chat.agent.reference, agentID: chat.agent.id, agentVersionID: chat.agent.versionID, name: chat.name,
            description: chat.description, messages: messages?.map { present($0, said: said) })
        guard let run = chat.run else { return shown }
        shown.activeRun = present(run, of: chat)
        if run.state == .inputRequired { shown.pendingInterrupts = [interrupt(chat, run)] }
        return shown
    }

    /// An agent's work on a message, as the API shows it.
    package func present(_ run: ChatRecord.Run, of chat: ChatRecord) -> AgentRunDTO {
        AgentRunDTO(
            id: run.id, createdAt: run.createdAt, updatedAt: run.updatedAt, chatID: chat.id,
            userMessageID: run.userMessageID, state: run.state, error: run.error,
            // The chat has it too, and both must fit into one line.
            output: run.output.serialized().count <= Self.maximumRunOutput ? run.output : .null,
            finishedAt: run.finishedAt)
    }

    /// Most bytes of a run's output that is shown with the run as well as with its chat. 32 KiB.
    static let maximumRunOutput = 32 << 10

    /// The chat as it was while its latest run was under way.
    package func presentAtWork(_ chat: ChatRecord) -> ChatDTO {
        var chat = chat
        chat.status = .busy
        chat.output = .null
        chat.run?.state = .working
        chat.run?.error = nil
        chat.run?.output = .null
        chat.run?.finishedAt = nil
        return present(chat)
    }

    private func interrupt(_ chat: ChatRecord, _ run: ChatRecord.Run) -> JSONValue {
        [
            "id": .string(run.id), "short_id": .string(Identifier.short(run.id)), "created_at": .time(run.updatedAt),
            "updated_at": .time(run.updatedAt), "deleted_at": nil, "user_id": .string(chat.userID),
            "team_id": .string(chat.teamID), "visibility": "team", "run_id": .string(run.id),
            "chat_id": .string(chat.id), "reason": "client_tool", "source": "",
            "resource_id": .optional(run.assistantMessageID), "resource_type": "chat_message", "status": "pending",
            "resolution": nil, "resolved_at": nil, "resolved_data": nil, "expires_at": nil, "meta": nil,
        ]
    }

    /// The message as the API shows it.
    ///
    /// - Parameter said: what has been said of one that is being written.
    package func present(_ message: ChatMessageRecord, said: PartialAnswer? = nil) -> ChatMessageDTO {
        var text = message.text
        var reasoning = message.reasoning
        if message.status == .pending, let said {
            text = said.response
            reasoning = said.reasoning
        }
        var content: [ChatMessageContent] = []
        if !reasoning.isEmpty { content.append(ChatMessageContent(.reasoning, text: reasoning)) }
        if !text.isEmpty || message.error != nil {
            content.append(ChatMessageContent(.text, text: text, error: message.error))
        }
        // Callers fetch by links what an app made; what they gave themselves stays as they gave it.
        content += message.attachments.map { file in
            var part = ChatMessageContent(file)
            if message.role == .assistant, let uri = FileURI(file.uri) {
                part.uri = files.link(uri: uri, contentType: file.contentType)
            }
            return part
        }
        return ChatMessageDTO(
            id: message.id, createdAt: message.createdAt, updatedAt: message.updatedAt, userID: message.userID,
            teamID: message.teamID, chatID: message.chatID, runID: message.runID, order: message.order,
            status: message.status, taskID: message.taskID, role: message.role, content: content,
            toolCallID: message.toolCallID, toolInvocations: message.tools)
    }

    /// A line of a stream with a message, short enough for every client: results of tools give way, which have messages
    /// of their own, then what the model thought, and at last the middle of the text.
    package func line(_ message: ChatMessageRecord, said: PartialAnswer? = nil) -> ChatStreamLine {
        var shown = present(message, said: said)
        for shorten: (inout ChatMessageDTO) -> Void in [
            { _ in },
            { shown in
                for index in shown.toolInvocations.indices { shown.toolInvocations[index].result = nil }
            }, { $0.content.removeAll { $0.kind == .reasoning } }, shortenText,
        ] {
            shorten(&shown)
            if excess(of: shown) <= 0 { break }
        }
        return .message(shown)
    }

    /// Bytes by which a message is too long for a line of a stream.
    private func excess(of message: ChatMessageDTO) -> Int {
        ChatStreamLine.message(message).ndjson.count - limits.maximumStreamLine
    }

    private func shortenText(of message: inout ChatMessageDTO) {
        let excess = excess(of: message)
        for index in message.content.indices where message.content[index].kind == .text {
            guard let text = message.content[index].text else { continue }
            message.content[index].text = text.shortened(to: JSONValue.string(text).serialized().count - excess)
        }
    }
}
