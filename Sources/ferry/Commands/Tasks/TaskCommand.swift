// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `ferry task …`
struct TaskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "task",
        abstract: "Show, follow and cancel runs of apps, and their files.",
        discussion: "Example: ferry task list --filter status:eq:failed",
        subcommands: [
            TaskGet.self, TaskList.self, TaskCancel.self, TaskLogs.self, TaskStream.self, TaskFiles.self,
            TaskTimings.self,
        ])
}
