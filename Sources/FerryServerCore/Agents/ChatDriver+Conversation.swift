// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

extension ChatDriver {
    /// Messages read at once. 50.
    private static let pageSize = 50

    /// What the core app is to be given of a chat.
    func conversation(of chat: ChatRecord) async throws -> Conversation {
        var messages = try await latest(of: chat)
        let asked = chat.run?.userMessageID
        if let asked, !messages.contains(where: { $0.id == asked }) {
            // The steps since then are many.
            let condition = RecordQuery.Condition(field: "id", operation: .eq, values: [.text(asked)])
            messages += try await chats.store.messages(query(chat, condition, limit: 1))
        }
        // In the order in which a conversation shows files, and as far.
        let earlier = messages.dropFirst()
        let order = earlier.filter { $0.id == asked } + earlier.filter { $0.id != asked }
        return Conversation(
            agent: chat.agent.config, context: chat.context, messages: messages.reversed(),
            missingFiles: try await missing(in: order, ofTeam: chat.teamID), limits: limits, userMessageID: asked)
    }

    /// The latest messages that a model should know of, newest first: the turn, and at least as many as a conversation may
    /// show with it. If the turn is a tool's result, the message that called it is there.
    private func latest(of chat: ChatRecord) async throws -> [ChatMessageRecord] {
        var messages: [ChatMessageRecord] = []
        var left = limits.maximumContextSize + limits.maximumMessageText
        var next = chat.nextOrder
        while true {
            let before = RecordQuery.Condition(field: "order", operation: .lt, values: [.integer(next)])
            let page = try await chats.store.messages(
                query(chat, before, limit: Self.pageSize), maximumBytes: limits.maximumContextSize)
            for message in page.records {
                next = message.order
                guard message.id != chat.run?.assistantMessageID, Conversation.isSaid(message) else { continue }
                messages.append(message)
                left -= Self.size(message)
            }
            let isEnough = left < 0 || messages.count > limits.maximumContextMessages
            if isEnough, messages.contains(where: { $0.role != .tool }) { return messages }
            if page.records.isEmpty || !page.isCut && page.records.count < Self.pageSize { return messages }
        }
    }

    private func query(_ chat: ChatRecord, _ condition: RecordQuery.Condition, limit: Int) -> RecordQuery {
        RecordQuery(
            teamID: chat.teamID,
            conditions: [.init(field: "chat_id", operation: .eq, values: [.text(chat.id)]), condition],
            sort: [.init(field: "order", isDescending: true)], limit: limit)
    }

    /// Bytes of what a core app would be told, about.
    private static func size(_ message: ChatMessageRecord) -> Int {
        message.text.utf8.count + message.reasoning.utf8.count + message.reasoningState.serialized().count
            + message.tools.reduce(0) { $0 + $1.arguments.serialized().count }
    }

    /// Ids of files of these messages that the team does not have any more; of the first ones, as many as are shown.
    private func missing(in messages: [ChatMessageRecord], ofTeam teamID: String) async throws -> Set<String> {
        var left = limits.maximumContextFiles
        var ids = Set<String>()
        for message in messages {
            left -= message.attachments.count
            guard left >= 0 else { break }
            ids.formUnion(message.attachments.compactMap { FileURI($0.uri)?.id })
        }
        var missing = Set<String>()
        for id in ids where try await files.record(id: id)?.teamID != teamID { missing.insert(id) }
        return missing
    }
}
