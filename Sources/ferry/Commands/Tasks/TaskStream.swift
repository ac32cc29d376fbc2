// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry task stream`
struct TaskStream: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stream",
        abstract: "Follow a task up to its end.",
        discussion: """
            Prints a line for each new status; with --json the whole record each time it changes. The exit code tells \
            how the task ended: 0 if it completed, 1 if it failed or was cancelled.

            Example: ferry task stream <id>
            """)

    @Argument(help: ArgumentHelp("The task's id.", valueName: "id"))
    var id: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let console = output.console
        try await connection.connected(console) { ferry in
            var last: TaskDTO?
            for try await task in ferry.tasks.updates(of: id) {
                switch console.format {
                case .json: try await console.json(task.json)
                case .human, .quiet:
                    if task.status != last?.status {
                        try await console.line("\(Moment.text(task.updatedAt))  \(task.status.name)")
                    }
                }
                last = task
            }
            // The SDK knows how a task that did not complete is told of.
            if last?.status != .completed { _ = try await ferry.tasks.wait(for: id) }
        }
    }
}
