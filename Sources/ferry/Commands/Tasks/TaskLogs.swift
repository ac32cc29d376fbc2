// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry task logs`
struct TaskLogs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Print what a task logged.",
        discussion: "Example: ferry task logs <id>")

    @Argument(help: ArgumentHelp("The task's id.", valueName: "id"))
    var id: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let console = output.console
        let logs = try await connection.connected(console) { try await $0.tasks.logs(id) }
        for log in logs.sorted(by: { $0.createdAt < $1.createdAt }) {
            if console.format == .json {
                try await console.json([
                    "task_id": .string(log.taskID), "kind": .string("\(log.kind)"), "content": .string(log.content),
                ])
            } else {
                // A file gets the bytes as they were; a terminal only what is harmless.
                let text = Terminal.isOutput ? Printable.block(log.content) : log.content
                let isEnded = text.isEmpty || text.utf8.last == UInt8(ascii: "\n")
                try await console.data(Array(text.utf8) + (isEnded ? [] : [UInt8(ascii: "\n")]))
            }
        }
    }
}
