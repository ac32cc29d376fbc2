// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry agent stop`
struct AgentStop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Stop what is under way in chats.",
        discussion: """
            What the agent has said so far stays; messages that wait for their turn are taken back.

            Example: ferry agent stop <chat>
            """)

    @Argument(help: ArgumentHelp("The chats' ids.", valueName: "chat"))
    var ids: [String]

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let console = output.console
        try await connection.connected(console) { ferry in
            for id in ids {
                try await ferry.agents.stopChat(id)
                switch console.format {
                case .json: try await console.json(["chat_id": .string(id), "stopped": true])
                case .human: try await console.line("stopped \(Printable.line(id))")
                case .quiet: break
                }
            }
        }
    }
}

/// `ferry agent delete`
struct AgentDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete chats with their messages; the files in them stay.",
        discussion: "Example: ferry agent delete <chat>")

    @Argument(help: ArgumentHelp("The chats' ids.", valueName: "chat"))
    var ids: [String]

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let console = output.console
        try await connection.connected(console) { ferry in
            for id in ids {
                try await ferry.agents.deleteChat(id)
                switch console.format {
                case .json: try await console.json(["chat_id": .string(id), "deleted": true])
                case .human: try await console.line("deleted \(Printable.line(id))")
                case .quiet: break
                }
            }
        }
    }
}
