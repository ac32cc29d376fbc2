// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry agent list`
struct AgentList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the agents of the server.",
        discussion: "Example: ferry agent list --all --json")

    @OptionGroup var list: ListOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.connected(output.console) { ferry in
            let lister = Lister<AgentSummary>(headings: ["AGENT", "DESCRIPTION"], quiet: \.reference) { agent in
                [agent.reference, agent.description]
            }
            var isEmpty = true
            try await lister.run(list, nil, output.console) { request in
                let page = try await ferry.agents.list(request)
                if !page.items.isEmpty { isEmpty = false }
                return page
            }
            if isEmpty {
                await output.console.note(
                    "no agents here; apps that can chat answer by their own names: ferry agent send file-inspector TEXT"
                )
            }
        }
    }
}

/// `ferry agent chats`
struct AgentChats: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chats",
        abstract: "List chats with agents, newest first.",
        discussion: "Example: ferry agent chats --filter status:eq:awaiting_input")

    @OptionGroup var list: ListOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.connected(output.console) { ferry in
            let lister = Lister<ChatDTO>(headings: ["STATUS", "AGENT", "CHANGED", "ID", "NAME"], quiet: \.id) { chat in
                [chat.status.rawValue, chat.agent ?? "", Moment.text(chat.updatedAt), chat.id, chat.name]
            }
            try await lister.run(list, nil, output.console) { request in
                var request = request
                request.filters = request.filters.map(Self.byName)
                return try await ferry.agents.listChats(request)
            }
        }
    }

    /// A condition on the status, which tasks have numbers for and chats have names.
    static func byName(_ filter: ListFilter) -> ListFilter {
        guard filter.field == "status", case .integer(let number) = filter.value,
            let status = TaskStatus(rawValue: Int(number))
        else { return filter }
        var filter = filter
        filter.value = .string(status.name)
        return filter
    }
}
