// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry keys rotate`
struct KeysRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Put a new API key in the place of one, and print it, this once.",
        discussion: """
            The new key has the old one's name, team and scopes; the old one stops working at once.

            Example: ferry keys rotate <id>
            """)

    @Argument(help: ArgumentHelp("Id, as ferry keys list shows it.", valueName: "id"))
    var id: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let console = output.console
        let key = try await connection.connected(console) { try await $0.keys.rotate(id) }
        try await NewKey.show(key, console)
    }
}
