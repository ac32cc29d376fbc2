// SPDX-License-Identifier: Apache-2.0

package import FerryWire

/// The rules of chats, as callers meet them.
package struct ChatService: Sendable {
    let store: any ChatStore
    let bus: any EventBus
    let answers: LiveAnswers
    let limits: ServerLimits
    let clock: ServerClock
    let tasks: TaskService
    let pages: PageCursors
    private let agents: AgentService
    private let attachments: AttachmentRules

    package init(
        store: any ChatStore, bus: any EventBus, agents: AgentService, tasks: TaskService, files: FileService,
        foreign: ForeignFiles, answers: LiveAnswers, pages: PageCursors, limits: ServerLimits, clock: ServerClock
    ) {
        self.store = store
        self.bus = bus
        self.agents = agents
        self.tasks = tasks
        attachments = AttachmentRules(files: files, foreign: foreign, limits: limits)
        self.answers = answers
        self.pages = pages
        self.limits = limits
        self.clock = clock
    }

    /// What became of a message.
    package struct Posted: Sendable {
        package let user: ChatMessageRecord
        /// The message that will answer it; nil while the agent is busy with an earlier one.
        package let assistant: ChatMessageRecord?
    }

    // MARK: - Saying something

    /// Says something to an agent, in a new chat or in one that there is.
    ///
    /// - Parameter bases: addresses that links of this server begin with.
    package func run(_ request: AgentRunRequest, by principal: Principal, bases: [String]) async throws -> Posted {
        try principal.require(.appsExecute)
        guard let id = request.chatID else {
            try checkMessage(request.input)
            let chat = try await make(request, by: principal)
            let files = try await attachments.resolve(request.input.attachments, by: principal, bases: bases)
            do {
                try await store.insert(chat)
                return try await post(request.input.text, files, in: chat, by: principal)
            } catch {
                await attachments.discard(files)
                _ = try? await store.deleteChat(id: chat.id)
                throw error
            }
        }
        // Whoever answers was settled when the chat began.
        return try await post(request.input, in: id, by: principal, bases: bases)
    }

    /// Says something in a chat.
    package func post(
        _ input: MessageInput, in id: String, by principal: Principal, bases: [String]
    ) async throws -> Posted {
        let chat = try await chat(id: id, for: principal)
        try checkMessage(input)
        let files = try await attachments.resolve(input.attachments, by: principal, bases: bases)
        do {
            return try await post(input.text, files, in: chat, by: principal)
        } catch {
            await attachments.discard(files)
            throw error
        }
    }

    private func post(
        _ text: String, _ files: AttachmentRules.Resolved, in chat: ChatRecord, by principal: Principal
    ) async throws -> Posted {
        let posted = try await edit(chat.id) { edit throws(ServerError) in
            let posted = try edit.post(text: text, attachments: files.references, by: principal.keyID)
            return Posted(user: posted.user, assistant: posted.assistant)
        }
        return posted
    }

    /// Makes a chat in which nothing is said yet.
    package func create(_ request: AgentRunRequest, by principal: Principal) async throws -> ChatRecord {
        try principal.require(.appsExecute)
        var chat = try await make(request, by: principal)
        chat.name = ""
        try await store.insert(chat)
        return chat
    }

    private func make(_ request: AgentRunRequest, by principal: Principal) async throws -> ChatRecord {
        let agent = try await agents.chosen(by: request, for: principal)
        let context = try self.context(request.context, of: agent.config)
        return ChatRecord(
            id: Identifier.random(), teamID: principal.team.id, userID: principal.keyID, createdAt: clock.now(),
            agent: agent,
            name: ChatTitle.make(of: request.input.text, maximumBytes: limits.maximumChatTitle), context: context)
    }

    private func context(_ given: JSONObject, of config: AgentConfig) throws(ServerError) -> JSONObject {
        guard JSONValue.object(given).serialized().count <= limits.maximumChatContext else {
            throw ServerError(.payloadTooLarge, "/context: larger than \(limits.maximumChatContext) bytes as JSON")
        }
        var context = given
        for field in config.context {
            guard let name = field["name"]?.stringValue, context[name] == nil else { continue }
            if let value = field["default"]?.stringValue, !value.isEmpty {
                context[name] = .string(value)
            } else if field["required"]?.boolValue == true {
                throw ServerError(.validation, "/context/\(name): the agent needs this value")
            }
        }
        return context
    }

    private func checkMessage(_ input: MessageInput) throws(ServerError) {
        guard !input.text.isEmpty || !input.attachments.isEmpty else {
            throw ServerError(.validation, "/input/text: the message is empty")
        }
        try checkText(input.text, "/input/text")
    }

    private func checkText(_ text: String, _ place: String) throws(ServerError) {
        guard text.utf8.count <= limits.maximumMessageText else {
            throw ServerError(
                .payloadTooLarge, "\(place): longer than \(limits.maximumMessageText) bytes; attach it as a file")
        }
        guard JSONValue.string(text).serialized().count <= limits.maximumMessageJSON else {
            throw ServerError(
                .payloadTooLarge,
                "\(place): holds so many control characters that it takes more than \(limits.maximumMessageJSON) bytes "
                    + "as JSON; attach it as a file")
        }
    }

    // MARK: - Tools and stops

    /// Takes what a client's tool returned.
    package func submit(
        _ result: ToolResultRequest, call id: String, by principal: Principal, bases: [String]
    ) async throws -> ToolInvocationDTO {
        let message = try await message(withToolInvocation: id, for: principal)
        try checkText(result.result, "/result")
        let files = try await attachments.resolve(
            result.attachments, by: principal, bases: bases, place: "/attachments")
        do {
            return try await edit(message.chatID) { edit throws(ServerError) in
                try edit.toolReturned(result.result, attachments: files.references, call: id)
            }
        } catch {
            await attachments.discard(files)
            throw error
        }
    }

    /// The message that made a call, of the caller's team.
    package func message(
        withToolInvocation id: String, for principal: Principal
    ) async throws -> ChatMessageRecord {
        try principal.require(.appsExecute)
        guard Identifier.isValid(id), let message = try await store.message(withToolInvocation: id),
            message.teamID == principal.team.id
        else { throw ServerError.notFound("call of a tool") }
        return message
    }

    /// Ends what is under way in a chat; messages that wait are never begun. A chat that is idle stays as it is.
    package func stop(id: String, by principal: Principal) async throws -> ChatRecord {
        let chat = try await chat(id: id, for: principal)
        var abandoned: String?
        let stopped = try await edit(chat.id) { edit throws(ServerError) in
            edit.stop(said: said(in: edit.chat))
            abandoned = edit.abandonedTask
            return edit.result
        }
        if let abandoned {
            await tasks.abandon(id: abandoned)
            // Nobody makes this answer known any more.
            answers.end(abandoned)
        }
        return stopped
    }

    // MARK: - Looking

    /// The caller's chat of that id.
    package func chat(id: String, for principal: Principal) async throws -> ChatRecord {
        try principal.require(.appsExecute)
        guard Identifier.isValid(id), let chat = try await store.chat(id: id), chat.teamID == principal.team.id else {
            throw ServerError.notFound("chat")
        }
        return chat
    }

    /// A page of the caller's chats, newest first.
    package func list(_ request: CursorListRequest, for principal: Principal) async throws -> RecordPage<ChatRecord> {
        try principal.require(.appsExecute)
        let query = try pages.query(request, teamID: principal.team.id, of: ChatRecord.self)
        return try await pages.page(
            query, slice: { try await store.chats($0, maximumBytes: limits.maximumPageBytes) })
    }

    /// A page of a chat's messages, oldest first unless the request says otherwise.
    package func messages(
        of id: String, _ request: CursorListRequest, for principal: Principal
    ) async throws -> RecordPage<ChatMessageRecord> {
        let chat = try await chat(id: id, for: principal)
        var request = request
        if request.sort.isEmpty { request.sort = [ListSort(field: "order")] }
        request.filters.append(ListFilter(field: "chat_id", operation: .eq, value: .string(chat.id)))
        let query = try pages.query(request, teamID: chat.teamID, of: ChatMessageRecord.self)
        return try await pages.page(
            query, slice: { try await store.messages($0, maximumBytes: limits.maximumPageBytes) })
    }

    /// A chat's latest messages, oldest first, as many as are shown with it.
    package func latestMessages(of chat: ChatRecord) async throws -> [ChatMessageRecord] {
        let latest = try await store.messages(
            ChatQueries.latest(of: chat, limit: limits.maximumContextMessages),
            maximumBytes: limits.maximumShownMessages)
        return latest.records.reversed()
    }

    /// What its agent has said of the message that is being written; nil if none is, or nothing was said.
    package func said(in chat: ChatRecord) -> PartialAnswer? { chat.run?.taskID.flatMap { answers.answer(of: $0) } }

    /// Gives a chat another title or description.
    package func rename(
        id: String, name: String?, description: String?, by principal: Principal
    ) async throws -> ChatRecord {
        let chat = try await chat(id: id, for: principal)
        for (place, text) in [("name", name), ("description", description)]
        where text?.utf8.count ?? 0 > limits.maximumLabelLength {
            throw ServerError(.validation, "/\(place): longer than \(limits.maximumLabelLength) bytes")
        }
        return try await edit(chat.id) { edit throws(ServerError) in
            edit.rename(name, description)
            return edit.result
        }
    }

    /// Removes a chat with its messages and the tasks that wrote them; its files stay. What is under way is stopped
    /// first.
    ///
    /// The chat goes last, so that a deletion that was interrupted can be asked for again.
    package func delete(id: String, by principal: Principal) async throws {
        let chat = try await stop(id: id, by: principal)
        try await deleteTasks(of: chat)
        guard try await store.deleteChat(id: id) else {
            throw ServerError(.conflict, "something was said in the chat just now; delete it again")
        }
        bus.publish(.chat(id))
    }

    // MARK: - Changing

    /// Changes a chat by its rules, again if somebody else changed it meanwhile.
    func edit<Result>(_ id: String, _ body: (inout ChatEdit) throws(ServerError) -> Result) async throws -> Result {
        while true {
            guard let chat = try await store.chat(id: id) else { throw ServerError.notFound("chat") }
            let known = try await store.messages(ChatQueries.changeable(of: chat))
            var edit = ChatEdit(chat, known: known, limits: limits, now: clock.now())
            let result = try body(&edit)
            guard edit.hasChanged else { return result }
            if try await store.commit(edit.change) {
                bus.publish(.chat(id))
                if edit.chat.isWorking { bus.publish(.chats) }
                return result
            }
            try Task.checkCancellation()
        }
    }

    /// Whether agents are at work.
    package func isAnyWorking() async throws -> Bool { try await !store.working(limit: 1).isEmpty }
}
