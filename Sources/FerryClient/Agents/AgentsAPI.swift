// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// Agents and their chats: `ferry.agents`.
public struct AgentsAPI: Sendable {
    let transport: Transport

    /// An agent of the server's; its first message begins a chat. Nothing is sent yet.
    ///
    /// - Parameters:
    ///   - reference: `namespace/name[@version]`, or a bare name where that is unambiguous.
    ///   - context: what the chat is begun with, name to text; fixed then.
    ///   - chatID: a chat to go on with; nil for a new one.
    public func create(_ reference: String, context: [String: String] = [:], chatID: String? = nil) -> Agent {
        Agent(.template(reference), context: context, chatID: chatID, transport: transport)
    }

    /// An agent made for this purpose: which app answers, what it is told, which tools it has.
    ///
    /// - Parameters:
    ///   - config: what it is made of; with an output schema ``Agent/run(_:files:onToolCall:progress:)`` gives what it
    ///     found.
    ///   - context: what the chat is begun with, name to text; fixed then.
    ///   - chatID: a chat to go on with; nil for a new one.
    public func create(_ config: AgentConfig, context: [String: String] = [:], chatID: String? = nil) -> Agent {
        Agent(.config(config), context: context, chatID: chatID, transport: transport)
    }

    /// One page of the server's agents.
    ///
    /// - Throws: ``FerryError``.
    public func list(_ request: CursorListRequest = CursorListRequest()) async throws -> CursorPage<AgentSummary> {
        try await transport.call(
            Routes.listAgents, Routes.listAgents.path(), body: request.json, safety: .repeatable)
    }

    /// All of the server's agents; pages are fetched as the iteration goes on.
    public func all(filters: [ListFilter] = [], pageSize: Int = 100) -> PagedSequence<AgentSummary> {
        let request = CursorListRequest(limit: Int64(pageSize), filters: filters)
        return PagedSequence(request) { try await list($0) }
    }

    /// One page of the chats, newest first.
    ///
    /// - Throws: ``FerryError``.
    public func listChats(_ request: CursorListRequest = CursorListRequest()) async throws -> CursorPage<ChatDTO> {
        try await transport.call(Routes.listChats, Routes.listChats.path(), body: request.json, safety: .repeatable)
    }

    /// All chats that meet the conditions, newest first; pages are fetched as the iteration goes on.
    public func allChats(filters: [ListFilter] = [], pageSize: Int = 100) -> PagedSequence<ChatDTO> {
        let request = CursorListRequest(limit: Int64(pageSize), filters: filters)
        return PagedSequence(request) { try await listChats($0) }
    }

    /// A chat as it is now.
    ///
    /// - Throws: ``FerryError`` (`notFound`, and what concerns the connection).
    public func getChat(_ id: String) async throws -> ChatDTO {
        try await transport.call(Routes.getChat, Routes.getChat.path(id))
    }

    /// One page of a chat's messages, in the server's order.
    ///
    /// - Parameters:
    ///   - id: the chat.
    ///   - limit: most messages of the page; 0 for the server's default.
    ///   - cursor: where the page begins, from an earlier answer.
    /// - Throws: ``FerryError`` (`notFound`, and what concerns the connection).
    public func messages(
        _ id: String, limit: Int = 0, cursor: String = ""
    ) async throws -> CursorPage<ChatMessageDTO> {
        var query: [String] = []
        if limit > 0 { query.append("limit=\(limit)") }
        if !cursor.isEmpty { query.append("cursor=\(PercentEncoding.encode(cursor))") }
        let path = Routes.chatMessages.path(id)
        return try await transport.call(
            Routes.chatMessages, query.isEmpty ? path : "\(path)?\(query.joined(separator: "&"))")
    }

    /// All of a chat's messages, in the server's order; pages are fetched as the iteration goes on.
    public func allMessages(_ id: String, pageSize: Int = 100) -> PagedSequence<ChatMessageDTO> {
        PagedSequence(CursorListRequest(limit: Int64(pageSize))) { request in
            try await messages(id, limit: Int(request.limit), cursor: request.cursor)
        }
    }

    /// Deletes a chat with its messages; the files in them stay.
    ///
    /// - Throws: ``FerryError`` (`notFound`, `conflict` while its agent is at work, and what concerns the connection).
    public func deleteChat(_ id: String) async throws {
        let _: JSONValue = try await transport.call(Routes.deleteChat, Routes.deleteChat.path(id))
    }

    /// Stops what is under way in a chat, and takes back messages that wait for their turn. One in which nothing is
    /// under way stays as it is.
    ///
    /// - Throws: ``FerryError`` (`notFound`, and what concerns the connection).
    public func stopChat(_ id: String) async throws {
        let _: JSONValue = try await transport.call(Routes.stopChat, Routes.stopChat.path(id), safety: .repeatable)
    }

    /// What happens in a chat from now on, up to the end of its agent's work; see ``AgentEvents``. The first event is
    /// the chat as it is; for one in which nothing is under way that may be the only one.
    public func stream(_ id: String) -> AgentEvents {
        AgentEvents { [transport] in ChatFollow(chat: id, awaiting: nil, tools: nil, on: transport) }
    }

    /// Gives the result of a tool that an agent waits for; see ``Agent/submitToolResult(_:result:files:progress:)``.
    @discardableResult
    public func submitToolResult(
        _ id: String, result: String, files: [AgentFile] = [], progress: UploadPlanProgressHandler? = nil
    ) async throws -> ToolCall {
        let attachments = try await AttachmentUpload(
            transport: transport, maximumFiles: Agent.maximumFiles, progress: progress
        ).run(files)
        let request = ToolResultRequest(result: result, attachments: attachments.references)
        var isTaken = false
        do {
            return try await transport.retrier.run(safety: .repeatable) { _ in
                do {
                    return try await transport.call(
                        Routes.submitToolResult, Routes.submitToolResult.path(id), body: request.json, safety: .never)
                } catch let error as FerryError where !error.isRefusal {
                    // Perhaps.
                    isTaken = true
                    throw error
                } catch let error as FerryError where error.code == .conflict && isTaken {
                    // The try before was taken although its answer was lost.
                    return ToolCall(
                        id: id, createdAt: Timestamp(seconds: 0), updatedAt: Timestamp(seconds: 0), messageID: "",
                        callID: "", name: "", status: .completed, result: result,
                        attachments: attachments.references)
                }
            }
        } catch let error as FerryError {
            // Refused for certain: the files were for nothing.
            if error.isRefusal, !isTaken { await attachments.discard() }
            try Task.checkCancellation()
            throw attachments.located(error)
        }
    }

    /// The latest messages of a chat, oldest first.
    func recentMessages(_ id: String) async throws -> [ChatMessageDTO] {
        let chat = try await getChat(id)
        if let messages = chat.messages { return messages }
        var recent: [ChatMessageDTO] = []
        for try await message in allMessages(id) { recent.append(message) }
        return recent.sorted { $0.order < $1.order }.suffix(ChatProgress.maximumKnown)
    }
}
