// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient

/// `ferry session get`
struct SessionGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show a session.",
        discussion: "Example: ferry session get <id> --json")

    @Argument(help: ArgumentHelp("The session's id.", valueName: "id"))
    var id: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let console = output.console
        let session = try await connection.connected(console) { try await $0.sessions.get(id) }
        try await SessionSummary.show(session, console)
    }
}
