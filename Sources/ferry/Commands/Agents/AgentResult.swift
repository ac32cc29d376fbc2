// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry agent result`
struct AgentResult: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "result",
        abstract: "Answer an agent that waits for a tool, and print what it says then.",
        discussion: """
            RESULT is the result, whatever it looks like; only --file names files. The agent goes on once all calls of \
            its message are answered.

            Examples:
              ferry agent result <call> '42 degrees' --chat <id>
              ferry agent result <call> 'The plot.' --file plot.png
            """)

    @Argument(help: ArgumentHelp("The call's id.", valueName: "call"))
    var id: String

    @Argument(help: ArgumentHelp("What the tool returned, or - for standard input.", valueName: "result"))
    var result: String

    @OptionGroup var attachments: AgentAttachments

    @Option(help: ArgumentHelp("The call's chat. (default: the one that waits for it)", valueName: "id"))
    var chat: String?

    @Flag(name: .customLong("no-wait"), help: "Leave the agent at work.")
    var isDetached = false

    @Flag(name: .customLong("show-reasoning"), help: "Show on standard error what the model thinks.")
    var showsReasoning = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if id.isEmpty { throw ValidationError("the call's id is empty") }
        if result == LocalInput.standardInput, attachments.takesStandardInput {
            throw ValidationError("standard input cannot be both RESULT and a file")
        }
        if chat == "" { throw ValidationError("--chat needs a chat's id") }
    }

    func run() async throws {
        let console = output.console
        let text = try await AgentText.read(result)
        let files = try await attachments.files()
        try await connection.connected(console) { ferry in
            if let chat { try await check(chat, ferry) }
            let waiting = chat == nil && !isDetached ? try await Self.waitingChats(ferry) : [:]
            let uploads = AttachmentDisplay(attachments.sources, console)
            let call = try await uploads.showing {
                try await ferry.agents.submitToolResult(id, result: text, files: files, progress: $0)
            }
            guard !isDetached else {
                guard console.format == .json else { return }
                return try await console.json([
                    "call_id": .string(id), "message_id": .string(call.messageID),
                    "status": .string(call.status.rawValue),
                ])
            }
            guard let chat = chat ?? waiting[call.messageID] else {
                return await console.note("the result was taken; to see what the agent says, use ferry agent get CHAT")
            }
            if try await isWaiting(chat, call.messageID, ferry, console) { return }
            try await follow(chat, after: call.messageID, ferry, console)
        }
    }

    /// Whether other calls of the same message wait for their results, which is said then: nothing else will happen.
    private func isWaiting(
        _ chat: String, _ messageID: String, _ ferry: Ferry, _ console: Console
    ) async throws -> Bool {
        let latest = try await ferry.agents.getChat(chat)
        let called = (latest.messages ?? []).first { $0.id == messageID }
        guard let called, called.toolInvocations.contains(where: \.awaitsClient) else { return false }
        var display = AnswerDisplay(.init(showsText: false), console)
        try await display.show(.chat(latest))
        try await display.show(.message(called))
        try await display.finish()
        return true
    }

    /// The call is one of that chat's. Asked first: a result that was given cannot be taken back.
    private func check(_ chat: String, _ ferry: Ferry) async throws {
        let latest = try await ferry.agents.getChat(chat)
        if (latest.messages ?? []).contains(where: has) { return }
        for try await message in ferry.agents.allMessages(chat) where has(message) { return }
        throw FerryError(
            .notFound, "chat \(chat) has no call \(id), so the result was not given; see: ferry agent get \(chat)")
    }

    private func has(_ message: ChatMessageDTO) -> Bool { message.toolInvocations.contains { $0.id == id } }

    private func follow(_ chat: String, after messageID: String, _ ferry: Ferry, _ console: Console) async throws {
        var display = AnswerDisplay(.init(showsText: !output.json, showsReasoning: showsReasoning), console)
        display.skip(through: messageID)
        let follower = AnswerFollower(ferry: ferry, console: console, isNew: false)
        try await follower.follow(ferry.agents.stream(chat), chatID: { chat }, &display) {}
        if display.isSkipping, let answer = try await Self.answer(after: messageID, chat, ferry) {
            // By then the agent was at work on another message, of which alone the stream tells.
            try await display.show(whole: answer)
            guard answer.status == .ready else {
                throw Self.failure(.taskFailed, "failed", chat, answer.error ?? answer.status.rawValue)
            }
            return try await display.finish()
        }
        let run = display.run
        switch run?.state {
        case .failed?, .rejected?:
            throw Self.failure(.taskFailed, "failed", chat, run?.error ?? "it does not say why")
        case .canceled?: throw Self.failure(.taskCancelled, "was stopped", chat)
        default: try await display.finish()
        }
    }

    private static func failure(
        _ code: FerryError.Code, _ fate: String, _ chat: String, _ reason: String? = nil
    ) -> ChatFailure {
        let words = "the agent \(fate) in chat \(chat)" + (reason.map { ": \($0)" } ?? "")
        return ChatFailure(reason: FerryError(code, words), chatID: chat)
    }

    /// The last message of the work to which a message belongs.
    private static func answer(after messageID: String, _ chat: String, _ ferry: Ferry) async throws -> ChatMessageDTO?
    {
        var messages: [ChatMessageDTO] = []
        for try await message in ferry.agents.allMessages(chat) where message.role == .assistant {
            messages.append(message)
        }
        guard let run = messages.first(where: { $0.id == messageID })?.runID else { return nil }
        return messages.filter { $0.runID == run }.max { $0.order < $1.order }
    }

    /// Most chats that are looked through.
    private static let maximumChats = 100

    /// The chats that wait for tools, by the messages that called them.
    private static func waitingChats(_ ferry: Ferry) async throws -> [String: String] {
        let status = ListFilter(field: "status", operation: .eq, value: .string(ChatStatus.awaitingInput.rawValue))
        let page = try await ferry.agents.listChats(
            CursorListRequest(limit: Int64(maximumChats), filters: [status]))
        var chats: [String: String] = [:]
        for chat in page.items {
            for message in chat.pendingInterrupts.compactMap({ $0["resource_id"]?.stringValue }) {
                chats[message] = chat.id
            }
        }
        return chats
    }
}
