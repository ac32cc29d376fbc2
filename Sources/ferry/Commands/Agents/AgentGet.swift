// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry agent get`
struct AgentGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show a chat and its messages.",
        discussion: """
            With --json: the chat's record, its messages in chat_messages.

            Example: ferry agent get <chat>
            """)

    @Argument(help: ArgumentHelp("The chat's id.", valueName: "chat"))
    var id: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let console = output.console
        try await connection.connected(console) { ferry in
            var chat = try await ferry.agents.getChat(id)
            guard console.format != .quiet else { return try await console.line(chat.status.rawValue) }
            guard console.format == .human else {
                var messages: [ChatMessageDTO] = []
                for try await message in ferry.agents.allMessages(chat.id) { messages.append(message) }
                chat.messages = messages
                return try await console.json(chat.json)
            }
            try await console.lines(Self.details(chat))
            for try await message in ferry.agents.allMessages(chat.id) {
                try await console.lines([""] + Self.lines(message))
            }
        }
    }

    private static func details(_ chat: ChatDTO) -> [String] {
        var details = Details()
        details.add("Chat", chat.id)
        details.add("Agent", chat.agent ?? "")
        details.add("Name", chat.name)
        details.add("Status", chat.status.rawValue)
        details.add("Created", Moment.text(chat.createdAt))
        details.add("Changed", Moment.text(chat.updatedAt))
        for (key, value) in chat.context { details.add(key, value.stringValue ?? "\(value)") }
        details.add("Error", chat.activeRun?.error ?? "")
        return details.lines + (chat.output.isNull ? [] : ["Output:", PrettyJSON.text(chat.output)])
    }

    /// A message as people read it.
    static func lines(_ message: ChatMessageDTO) -> [String] {
        let state = message.status == .ready ? "" : ", \(message.status.rawValue)"
        var lines = ["\(message.role.rawValue), \(Moment.text(message.createdAt))\(state):"]
        if !message.text.isEmpty { lines.append(Printable.block(message.text)) }
        for file in message.files {
            let size = file.size.map { ", \(ByteSize.text($0))" } ?? ""
            let name = file.filename.isEmpty ? "file" : file.filename
            lines.append("  [\(Printable.line("\(name), \(file.contentType)\(size): \(file.uri)"))]")
        }
        for call in message.toolInvocations {
            let words = "\(call.name)(\(call.arguments)) \(call.status.rawValue)"
            lines.append("  [tool \(Printable.line(words)), \(call.id)]")
        }
        if let error = message.error { lines.append("  [failed: \(Printable.line(error))]") }
        return lines
    }
}
