// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry agent send`
struct AgentSend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Say something to an agent and print its answer as it comes.",
        discussion: """
            TEXT is what is said, whatever it looks like; only --file names files. If one of them cannot be uploaded, \
            nothing is said.

            The chat's id goes to standard error; --chat goes on with it, and AGENT may be left out then. A message to an agent that is at work waits \
            its turn. An interruption, or the end of whoever reads the text, stops the agent.

            With --json there is one object at the end: chat_id, message_id, text, status, files, output, tool_calls; \
            with --stream also a line for each event before it. With -q there is the answer alone. If the agent waits for a tool of the client's, the \
            exit code is 0 and ferry agent result answers.

            Examples:
              ferry agent send okaris/assistant 'What is in this picture?' --file photo.jpg
              ferry agent send 'And who took it?' --chat <id>
              git diff | ferry agent send --core-app chat-completions --system 'You review code.' -
              ferry agent send --core-app chat-completions --schema @invoice.json 'Read it.' --file invoice.pdf
            """)

    @Argument(
        help: ArgumentHelp("namespace/name[@version], or name alone where that is unambiguous.", valueName: "agent"))
    var first: String

    @Argument(help: ArgumentHelp("What to say, or - for standard input.", valueName: "text"))
    var second: String?

    @OptionGroup var attachments: AgentAttachments

    @Option(help: ArgumentHelp("Go on with a chat.", valueName: "id"))
    var chat: String?

    @OptionGroup var settings: AgentSettings

    @Flag(name: .customLong("no-wait"), help: "Print the ids and leave the agent at work.")
    var isDetached = false

    @Flag(help: "With --json: a line for each event, as it comes.")
    var stream = false

    @Flag(name: .customLong("show-reasoning"), help: "Show on standard error what the model thinks.")
    var showsReasoning = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    /// The template; nil if the agent is made here.
    var agent: String? { second == nil ? nil : first }
    /// What is said.
    var text: String { second ?? first }

    func validate() throws {
        if settings.coreApp == nil {
            guard second != nil || chat != nil else {
                throw ValidationError(
                    "Give AGENT and TEXT, or --core-app APP and TEXT; a TEXT that begins with - goes behind --, and one "
                        + "that is - alone is read from standard input")
            }
            guard !first.isEmpty || second == nil else {
                throw ValidationError("AGENT is empty; write it as namespace/name")
            }
        } else if second != nil {
            throw ValidationError("--core-app takes the place of AGENT; give TEXT alone, in quotes")
        }
        if text.isEmpty, attachments.sources.isEmpty {
            throw ValidationError(
                "TEXT is empty; with --file it may be left empty: ferry agent send AGENT '' --file PATH")
        }
        if text == LocalInput.standardInput, attachments.takesStandardInput {
            throw ValidationError("standard input cannot be both TEXT and a file")
        }
        if settings.schema == LocalInput.standardInput, text == "-" || attachments.takesStandardInput {
            throw ValidationError("standard input can be read for one thing only")
        }
        if chat == "" { throw ValidationError("--chat needs a chat's id") }
        if chat != nil, let flag = settings.fixedFlag {
            throw ValidationError(
                "\(flag) is fixed when a chat begins; leave it out, and AGENT as well: ferry agent send TEXT --chat ID")
        }
        if stream, !output.json { throw ValidationError("--stream goes with --json; text is streamed by itself") }
        if isDetached, stream || showsReasoning {
            throw ValidationError("--no-wait shows no answer; leave out --stream and --show-reasoning")
        }
    }

    func run() async throws {
        let console = output.console
        let text = try await AgentText.read(text)
        if text.isEmpty, attachments.sources.isEmpty {
            throw CommandFailure(.usage, "standard input is empty; with --file it may be")
        }
        let files = try await attachments.files()
        try await connection.connected(console) { ferry in
            if let chat { try await checkAgent(of: try await ferry.agents.getChat(chat)) }
            let agent = try await settings.agent(agent, chat: chat, of: ferry)
            let uploads = AttachmentDisplay(attachments.sources, console)
            guard !isDetached else {
                let message = try await uploads.showing {
                    try await agent.postMessage(text, files: files, progress: $0)
                }
                return try await show(message, console)
            }
            var display = AnswerDisplay(
                .init(
                    showsText: settings.schema == nil && !output.json, showsReasoning: showsReasoning,
                    showsEvents: stream), console)
            display.expectOwnAnswer()
            let follower = AnswerFollower(ferry: ferry, console: console, isNew: chat == nil)
            try await uploads.showing { progress in
                try await follower.follow(
                    agent.streamMessage(text, files: files, progress: progress), chatID: { agent.chatID }, &display
                ) { await uploads.clear() }
            }
            if settings.schema != nil, display.output.isNull, !display.isWaiting {
                let said = display.message.map { Printable.line(String($0.text.prefix(200))) } ?? ""
                let failure = FerryError(
                    .taskFailed,
                    "the agent gave no result that fits --schema" + (said.isEmpty ? "" : "; it said: \(said)"))
                throw ChatFailure(reason: failure, chatID: agent.chatID)
            }
            try await display.finish()
        }
    }

    /// A chat stays with the agent it was begun with.
    private func checkAgent(of chat: ChatDTO) async throws {
        guard let reference = chat.agent.flatMap(AppReference.init) else {
            guard let agent else { return }
            throw CommandFailure(
                .usage, "chat \(chat.id) was begun with --core-app, not with \(agent); leave AGENT out")
        }
        guard let agent else { return }
        if let named = AppReference(agent), named.name == reference.name,
            named.namespace == nil || named.namespace == reference.namespace
        {
            return
        }
        throw CommandFailure(
            .usage,
            "chat \(chat.id) is one with \(chat.agent ?? ""); leave AGENT out, or --chat to begin another")
    }

    /// The message that was taken.
    private func show(_ message: ChatMessageDTO, _ console: Console) async throws {
        switch console.format {
        case .json:
            try await console.json([
                "chat_id": .string(message.chatID), "message_id": .string(message.id),
                "status": .string(message.status.rawValue),
            ])
        case .quiet: try await console.line(message.chatID)
        case .human:
            try await console.line(message.chatID)
            await console.note("message \(message.id) \(message.status.rawValue)")
        }
    }
}
