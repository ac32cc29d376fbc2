// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient

/// `ferry session keep`
struct SessionKeep: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keep",
        abstract: "Begin a session's idle time anew.",
        discussion: "Example: ferry session keep <id>")

    @Argument(help: ArgumentHelp("The session's id.", valueName: "id"))
    var id: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let console = output.console
        let session = try await connection.connected(console) { try await $0.sessions.keepAlive(id) }
        try await SessionSummary.show(session, console)
    }
}
