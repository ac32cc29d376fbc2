// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry task timings`
struct TaskTimings: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "timings",
        abstract: "Show how long a task was in which phase.",
        discussion: """
            All attempts together; a phase under way counts until now. --json gives milliseconds.

            Example: ferry task timings <id>
            """)

    @Argument(help: ArgumentHelp("The task's id.", valueName: "id"))
    var id: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let console = output.console
        let timings = try await connection.connected(console) { try await $0.tasks.timings(id) }
        switch console.format {
        case .json: try await console.json(timings.json)
        case .quiet: try await console.line("\(timings.total)")
        case .human: try await console.lines(Self.lines(timings))
        }
    }

    /// A line for each phase.
    static func lines(_ timings: TaskTimingsDTO) -> [String] {
        var details = Details()
        details.add("Task", timings.taskID)
        details.add("Status", timings.status.name)
        let phases = [
            ("Queued", timings.queued), ("Preparing", timings.preparing), ("Setting up", timings.settingUp),
            ("Running", timings.running), ("Uploading", timings.uploading), ("Total", timings.total),
        ]
        for (name, milliseconds) in phases { details.add(name, seconds(milliseconds)) }
        return details.lines
    }

    /// `1.250 s`.
    static func seconds(_ milliseconds: Int64) -> String {
        let rest = String(milliseconds % 1_000)
        return "\(milliseconds / 1_000).\(String(repeating: "0", count: max(0, 3 - rest.utf8.count)))\(rest) s"
    }
}
