// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry task list`
struct TaskList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List tasks, newest first.",
        discussion: """
            Fields to filter by: id, app, function, status, created_at, updated_at.

            Example: ferry task list --all --filter status:in:failed,cancelled
            """)

    @OptionGroup var list: ListOptions
    @OptionGroup var search: SearchOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.connected(output.console) { ferry in
            let lister = Lister<TaskDTO>(
                headings: ["STATUS", "APP", "FUNCTION", "CREATED", "ID"], quiet: \.id
            ) { task in
                [task.status.name, task.app, task.function, Moment.text(task.createdAt), task.id]
            }
            try await lister.run(list, search, output.console) { try await ferry.tasks.list($0) }
        }
    }
}
