// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

/// The rules of a chat: what a message, an answer, a tool's result or a stop makes of it. Pure: takes the records as
/// they were, gives them as they are to be.
struct ChatEdit {
    /// The chat as it is to be.
    private(set) var chat: ChatRecord
    /// Messages that are new or different, in the order of their first change.
    private(set) var changed: [ChatMessageRecord] = []
    /// The task that nobody needs any more.
    private(set) var abandonedTask: String?
    let limits: ServerLimits
    let now: Timestamp
    /// Messages that may have to change: the one being written, and those that wait.
    private let known: [ChatMessageRecord]
    private let original: ChatRecord

    /// - Parameter known: the message that the latest run writes or waits with, and the queued ones.
    init(_ chat: ChatRecord, known: [ChatMessageRecord], limits: ServerLimits, now: Timestamp) {
        self.chat = chat
        original = chat
        self.known = known
        self.limits = limits
        self.now = now
    }

    /// The change to be made, one revision on.
    var change: ChatChange {
        var chat = chat
        chat.revision += 1
        chat.updatedAt = now
        let messages = changed.map { message in
            var message = message
            message.revision = chat.revision
            message.updatedAt = now
            return message
        }
        return ChatChange(chat: chat, messages: messages)
    }

    /// The chat as it will be stored.
    var result: ChatRecord { hasChanged ? change.chat : chat }

    /// Whether anything is different.
    var hasChanged: Bool { !changed.isEmpty || chat != original }

    // MARK: - What happens

    /// A person says something. If the agent is at work, the message waits; if it waits for tools, it gives them up.
    ///
    /// - Returns: the message, and the one that will answer it, if that is begun.
    mutating func post(
        text: String, attachments: [FileRef], by userID: String
    ) throws(ServerError) -> (user: ChatMessageRecord, assistant: ChatMessageRecord?) {
        if chat.run?.state == .inputRequired {
            giveUpTools("The user went on without this tool's result.")
            endRun(.canceled)
        }
        var user = message(.user, by: userID)
        user.text = text
        user.attachments = attachments
        if chat.isWorking {
            guard chat.queued.count < limits.maximumQueuedMessages else {
                throw ServerError(
                    .conflict,
                    "the agent is busy, and \(chat.queued.count) messages wait already; wait for it, or stop the chat")
            }
            user.status = .queued
            chat.queued.append(user.id)
            put(user)
            return (user, nil)
        }
        begin(&user)
        return (user, assistantMessage)
    }

    /// The core app has answered.
    mutating func answered(_ answer: CoreAnswer) {
        guard var message = assistantMessage, chat.isWorking else { return }
        message.text = answer.text
        message.reasoning = answer.reasoning
        message.reasoningState = answer.reasoningState
        message.attachments = answer.files
        message.status = .ready
        var ids = Set<String>()
        message.tools = answer.calls.enumerated().map { index, call in
            // Results are told apart by it.
            invocation(call, at: index, of: message, hasOwnID: !call.id.isEmpty && ids.insert(call.id).inserted)
        }
        let tools = message.tools
        if let rejection = Self.rejection(in: tools) { chat.run?.rejection = rejection }
        put(message)
        for tool in tools where tool.status == .failed || tool.status == .completed {
            addResult(of: tool, text: tool.result ?? "", attachments: [])
        }
        if let found = tools.first(where: { $0.name == Self.finishTool && $0.status == .completed }) {
            giveUpTools("The work was finished without this tool.")
            chat.output = found.arguments
            chat.run?.output = found.arguments
            endRun(.completed, chat: .completed)
            beginNext()
        } else if tools.contains(where: { $0.awaitsClient }) {
            chat.run?.state = .inputRequired
            chat.run?.taskID = nil
            chat.run?.updatedAt = now
            chat.status = .awaitingInput
        } else if !tools.isEmpty {
            step()
        } else {
            endRun(.completed)
            beginNext()
        }
    }

    /// The core app could not answer.
    mutating func failed(_ reason: String) {
        guard chat.isWorking else { return }
        if var message = assistantMessage {
            message.status = .failed
            message.error = reason
            put(message)
        }
        chat.run?.error = reason
        endRun(.failed)
        beginNext()
    }

    /// A client's tool returned something.
    mutating func toolReturned(
        _ text: String, attachments: [FileRef], call id: String
    ) throws(ServerError) -> ToolInvocationDTO {
        guard var message = assistantMessage, let index = message.tools.firstIndex(where: { $0.id == id }),
            message.tools[index].status == .awaitingInput, chat.run?.state == .inputRequired
        else {
            throw ServerError(
                .invalidTransition, "this call of a tool does not wait for a result (any more); see the chat's messages"
            )
        }
        message.tools[index].status = .completed
        message.tools[index].result = text
        message.tools[index].attachments = attachments
        message.tools[index].updatedAt = now
        put(message)
        addResult(of: message.tools[index], text: text, attachments: attachments)
        if !message.tools.contains(where: { $0.awaitsClient }) { step() }
        return message.tools[index]
    }

    /// Everything under way ends; messages that wait are never begun.
    ///
    /// - Parameter said: what the core app had answered so far.
    mutating func stop(said: PartialAnswer?) {
        for id in chat.queued {
            guard var message = find(id) else { continue }
            message.status = .cancelled
            put(message)
        }
        chat.queued = []
        guard let run = chat.run, !run.state.isTerminal else { return }
        if run.state == .inputRequired {
            giveUpTools("The user stopped the chat.")
        } else if var message = assistantMessage {
            message.status = .cancelled
            message.text = said?.response ?? ""
            message.reasoning = said?.reasoning ?? ""
            put(message)
            abandonedTask = run.taskID
        }
        endRun(.canceled)
    }

    /// Somebody gives the chat another title or description.
    mutating func rename(_ name: String?, _ description: String?) {
        if let name { chat.name = name }
        if let description { chat.description = description }
    }

    // MARK: - Steps

    /// The tool by which an agent with an output schema says that it has finished.
    static let finishTool = ToolInvocationDTO.finish

    private mutating func begin(_ user: inout ChatMessageRecord) {
        let id = Identifier.random()
        user.status = .ready
        user.runID = id
        put(user)
        chat.output = .null
        if let run = chat.run { remember(run) }
        chat.run = ChatRecord.Run(
            id: id, createdAt: now, updatedAt: now, state: .submitted, userMessageID: user.id, firstOrder: user.order)
        step()
    }

    private mutating func remember(_ run: ChatRecord.Run) {
        var run = run
        if run.output.serialized().count > ChatPresenter.maximumRunOutput { run.output = .null }
        chat.endedRuns.append(run)
        if chat.endedRuns.count > ChatRecord.maximumEndedRuns { chat.endedRuns.removeFirst() }
    }

    /// The core app is to be called (again).
    private mutating func step() {
        guard var run = chat.run else { return }
        guard run.steps < limits.maximumAgentSteps else {
            let why = run.rejection.map { "; the last output it handed over was not accepted: \($0)" } ?? ""
            chat.run?.error = "the agent called its model \(run.steps) times without coming to an end\(why)"
            endRun(.failed)
            beginNext()
            return
        }
        var message = message(.assistant, by: chat.userID)
        message.status = .pending
        message.runID = run.id
        run.taskID = Identifier.random()
        message.taskID = run.taskID
        run.assistantMessageID = message.id
        run.steps += 1
        run.state = .working
        run.updatedAt = now
        chat.run = run
        chat.status = .busy
        put(message)
    }

    private mutating func endRun(_ state: AgentRunState, chat status: ChatStatus = .idle) {
        chat.run?.state = state
        chat.run?.taskID = nil
        chat.run?.updatedAt = now
        chat.run?.finishedAt = now
        chat.status = status
    }

    private mutating func beginNext() {
        guard !chat.queued.isEmpty else { return }
        let id = chat.queued.removeFirst()
        guard var user = find(id) else { return beginNext() }
        // It was said before, and comes after what the agent said meanwhile.
        user.order = chat.nextOrder
        chat.nextOrder += 1
        begin(&user)
    }

    private mutating func giveUpTools(_ reason: String) {
        guard var message = assistantMessage else { return }
        for index in message.tools.indices where message.tools[index].awaitsClient {
            message.tools[index].status = .cancelled
            message.tools[index].updatedAt = now
            addResult(of: message.tools[index], text: reason, attachments: [])
        }
        put(message)
    }

    private mutating func addResult(of tool: ToolInvocationDTO, text: String, attachments: [FileRef]) {
        var result = message(.tool, by: chat.userID)
        result.text = text
        result.attachments = attachments
        result.toolCallID = tool.callID
        result.runID = chat.run?.id
        put(result)
    }

    // MARK: - Messages

    private mutating func message(_ role: ChatMessageRole, by userID: String) -> ChatMessageRecord {
        defer { chat.nextOrder += 1 }
        return ChatMessageRecord(
            id: Identifier.random(), chatID: chat.id, teamID: chat.teamID, userID: userID, createdAt: now,
            order: chat.nextOrder, role: role)
    }

    private var assistantMessage: ChatMessageRecord? { chat.run?.assistantMessageID.flatMap(find) }

    private func find(_ id: String) -> ChatMessageRecord? {
        changed.first { $0.id == id } ?? known.first { $0.id == id }
    }

    private mutating func put(_ message: ChatMessageRecord) {
        if let index = changed.firstIndex(where: { $0.id == message.id }) {
            changed[index] = message
        } else {
            changed.append(message)
        }
    }
}
