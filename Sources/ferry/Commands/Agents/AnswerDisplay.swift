// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryWire

/// Shows an agent's answer as it comes: its text on standard output, everything else on standard error.
struct AnswerDisplay {
    /// How the answer is shown.
    struct Style: Sendable {
        /// Whether the text is shown as it comes; if not, the end is all there is.
        var showsText = true
        /// Whether what the model thinks is shown.
        var showsReasoning = false
        /// Whether each event is a line of JSON.
        var showsEvents = false
    }

    let console: Console
    let style: Style
    /// The message whose text stands on the last line of standard output, and whether that line has an end.
    private var written: (id: String, hasLineEnd: Bool)?
    private var isThinking = false
    /// The message after which there is something to show; nil if there is now.
    private var skipped: String?
    /// The message whose calls are known.
    private var answered: String?
    private(set) var message: ChatMessageDTO?
    private(set) var chat: ChatDTO?
    /// Whose answer is of interest.
    private enum Interest {
        case anything
        /// That to a message of ours, by its id once that is known.
        case own(String?)
    }

    private var interest = Interest.anything
    /// The work on it.
    private(set) var run: AgentRunDTO?

    init(_ style: Style, _ console: Console) {
        self.style = style
        self.console = console
    }

    /// What is shown is the answer to a message that was just said, which is the first one to come.
    mutating func expectOwnAnswer() { interest = .own(nil) }

    /// Shows nothing of what was said up to a message of that id.
    mutating func skip(through messageID: String) {
        skipped = messageID.isEmpty ? nil : messageID
        answered = skipped
    }

    /// Whether the message after which there is something to show has not come.
    var isSkipping: Bool { skipped != nil }

    /// Whether the agent is at work on what was said; nil if nothing is known of it.
    var isAtWork: Bool? {
        if let run { return run.state.isWorking || run.state == .inputRequired }
        if case .anything = interest { return nil }
        return false
    }

    private mutating func learn(_ run: AgentRunDTO?) {
        guard let run else { return }
        if case .own(let id) = interest {
            // Some servers do not tell what a work is the answer to.
            guard let id, run.userMessageID.map({ $0.isEmpty || $0 == id }) ?? true else { return }
        }
        self.run = run
    }

    /// Shows an event.
    mutating func show(_ event: AgentEvent) async throws {
        if style.showsEvents { try await console.json(Self.json(event)) }
        switch event {
        case .chat(let chat):
            self.chat = chat
            learn(chat.activeRun)
        case .run(let run): self.run = run
        case .message(let message) where message.role == .assistant:
            if message.id == skipped { skipped = nil }
            if (self.message?.order ?? .min) <= message.order { self.message = message }
        case .message(let message):
            guard case .own(nil) = interest, message.role == .user else { break }
            interest = .own(message.id)
            learn(chat?.activeRun)
        case .delta(let delta): try await show(delta)
        case .toolCall(let call):
            guard console.format == .human, call.messageID != answered else { break }
            try await endLine()
            await console.note("the agent calls \(Printable.line(call.name))")
        }
    }

    private mutating func show(_ delta: AgentDelta) async throws {
        guard skipped == nil else { return }
        if delta.isRestart {
            try await endLine()
            await console.note("the answer was begun anew")
        }
        if style.showsReasoning, !delta.reasoning.isEmpty { try await think(delta.reasoning) }
        guard style.showsText, !delta.text.isEmpty else { return }
        if isThinking { try await endLine() }
        if let written, written.id != delta.messageID { try await endLine() }
        let text = Terminal.isOutput ? Printable.block(delta.text) : delta.text
        try await console.data(Array(text.utf8))
        written = (delta.messageID, text.utf8.last == UInt8(ascii: "\n"))
    }

    /// Shows an answer of which no increments came.
    mutating func show(whole message: ChatMessageDTO) async throws {
        skipped = nil
        self.message = message
        guard style.showsText, !message.text.isEmpty else { return }
        let text = Terminal.isOutput ? Printable.block(message.text) : message.text
        try await console.data(Array(text.utf8))
        written = (message.id, text.utf8.last == UInt8(ascii: "\n"))
    }

    private mutating func think(_ text: String) async throws {
        if !isThinking { try await endLine() }
        isThinking = true
        let environment = ProcessEnvironment.current
        let isDim = Terminal.canRedraw(environment: environment) && Terminal.wantsColour(environment: environment)
        let shown = Printable.block(text)
        await console.notice(isDim ? "\u{1B}[2m\(shown)\u{1B}[0m" : shown)
    }

    /// Ends a line that was begun.
    mutating func endLine() async throws {
        if isThinking { await console.notice("\n") }
        isThinking = false
        if let written, !written.hasLineEnd { try await console.data([UInt8(ascii: "\n")]) }
        written = nil
    }

    /// Shows what came of it: the end of the text, or the whole as one object; and which tools are waited for.
    mutating func finish() async throws {
        try await endLine()
        let output = output
        switch console.format {
        case .json:
            var object = result
            if style.showsEvents { object["event"] = "result" }
            try await console.json(.object(object))
        case .human where isOutputAlone: try await console.line(PrettyJSON.text(output))
        case .quiet where isOutputAlone: try await console.json(output)
        case .human, .quiet: break
        }
        guard console.format != .json else { return }
        for file in message?.files ?? [] {
            await console.note("file \(Printable.line(file.filename)) \(file.contentType): \(file.uri)")
        }
        for call in awaiting {
            let arguments = "\(call.arguments)"
            // Said quiet or not: it is not the end.
            await console.appeal(
                "the tool \(call.name) is waited for, called with \(arguments); answer with: ferry agent result "
                    + "\(call.id) RESULT --chat \(chat?.id ?? "CHAT")")
        }
    }

    /// Whether what the agent found is the answer: it was asked for, or is all that there is.
    private var isOutputAlone: Bool {
        guard !isWaiting else { return false }
        return !style.showsText || (message?.text.isEmpty ?? true) && !output.isNull
    }

    /// The calls that wait for their results.
    private var awaiting: [ToolCall] { message?.toolInvocations.filter(\.awaitsClient) ?? [] }

    /// What the agent found; null if nothing.
    var output: JSONValue {
        if let output = run?.output, !output.isNull { return output }
        if let chat, chat.activeRun?.id == run?.id, !chat.output.isNull { return chat.output }
        return message?.toolInvocations.last { $0.isFinish }?.arguments ?? .null
    }

    /// Whether the agent waits for results of tools.
    var isWaiting: Bool { !awaiting.isEmpty }

    /// The whole as one object.
    var result: JSONObject {
        [
            "chat_id": .optional(chat?.id ?? message?.chatID), "message_id": .optional(message?.id),
            "text": .string(message?.text ?? ""),
            "status": .optional(run?.state.rawValue ?? message?.status.rawValue),
            "files": .array((message?.files ?? []).map(\.json)), "output": output,
            "tool_calls": .array(
                awaiting.map { ["id": .string($0.id), "name": .string($0.name), "arguments": $0.arguments] }),
        ]
    }

    /// An event as a line of JSON.
    static func json(_ event: AgentEvent) -> JSONValue {
        switch event {
        case .chat(let chat): ["event": "chat", "data": chat.json]
        case .run(let run): ["event": "run", "data": run.json]
        case .message(let message): ["event": "message", "data": message.json]
        case .toolCall(let call): ["event": "tool_call", "data": call.json]
        case .delta(let delta):
            [
                "event": "delta",
                "data": [
                    "message_id": .string(delta.messageID), "seq": .integer(delta.sequence), "delta": delta.increment,
                    "restart": .bool(delta.isRestart),
                ],
            ]
        }
    }
}
