// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry task cancel`
struct TaskCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Ask the server to cancel tasks.",
        discussion: """
            A task ends a little after it was cancelled; ferry task stream shows when.

            Example: ferry task cancel <id>
            """)

    @Argument(help: ArgumentHelp("The tasks' ids.", valueName: "id"))
    var ids: [String]

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let console = output.console
        try await connection.connected(console) { ferry in
            for id in ids {
                try await ferry.tasks.cancel(id)
                let status = try await ferry.tasks.get(id).status
                // A task that had ended before stays as it is.
                let isOver = status.isTerminal && status != .cancelled
                switch console.format {
                case .json:
                    try await console.json([
                        "id": .string(id), "cancelling": .bool(!isOver), "status": .string(status.name),
                    ])
                case .human:
                    let word = isOver ? "too late, \(status.name):" : "cancelling"
                    try await console.line("\(word) \(Printable.line(id))")
                case .quiet: break
                }
            }
        }
    }
}
