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
            What the agent has said so far stays; messages that wait for their turn are taken back. A chat that cannot \
            be stopped is named, and the others are stopped all the same; the exit code is the first failure's.

            Example: ferry agent stop <chat>
            """)

    @Argument(help: ArgumentHelp("The chats' ids.", valueName: "chat"))
    var ids: [String]

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let console = output.console
        try await connection.connected(console) { ferry in
            try await console.each(ids, are: "stopped", member: "chat_id", of: "chats") { id in
                try await ferry.agents.stopChat(id)
            }
        }
    }
}

/// `ferry agent delete`
struct AgentDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete chats with their messages; the files in them stay.",
        discussion: """
            A chat that cannot be deleted is named, and the others are deleted all the same; the exit code is the \
            first failure's.

            Example: ferry agent delete <chat>
            """)

    @Argument(help: ArgumentHelp("The chats' ids.", valueName: "chat"))
    var ids: [String]

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let console = output.console
        try await connection.connected(console) { ferry in
            try await console.each(ids, are: "deleted", member: "chat_id", of: "chats") { id in
                try await ferry.agents.deleteChat(id)
            }
        }
    }
}
