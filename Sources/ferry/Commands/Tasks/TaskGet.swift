// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry task get`
struct TaskGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show a task's record.",
        discussion: "Example: ferry task get <id> --json")

    @Argument(help: ArgumentHelp("The task's id.", valueName: "id"))
    var id: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let console = output.console
        let task = try await connection.connected(console) { try await $0.tasks.get(id) }
        switch console.format {
        case .json: try await console.json(task.json)
        case .quiet: try await console.line(task.status.name)
        case .human:
            var details = Details()
            details.add("Task", task.id)
            details.add("App", task.app)
            details.add("Function", task.function)
            details.add("Status", task.status.name)
            details.add("Created", Moment.text(task.createdAt))
            details.add("Changed", Moment.text(task.updatedAt))
            if let time = task.runAt { details.add("Begins", Moment.text(time)) }
            details.add("Session", task.sessionID ?? "")
            details.add("Error", task.error ?? "")
            var lines = details.lines + ["Input:", PrettyJSON.text(task.input)]
            if !task.output.isNull { lines += ["Output:", PrettyJSON.text(task.output)] }
            try await console.lines(lines)
        }
    }
}
