// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry keys revoke`
struct KeysRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Revoke API keys, at once and for ever.",
        discussion: "Example: ferry keys revoke <id>")

    @Argument(help: ArgumentHelp("Ids, as ferry keys list shows them.", valueName: "id"))
    var ids: [String]

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let console = output.console
        try await connection.connected(console) { ferry in
            for id in ids {
                try await ferry.keys.revoke(id)
                switch console.format {
                case .json: try await console.json(["id": .string(id), "revoked": true])
                case .human: try await console.line("revoked \(Printable.line(id))")
                case .quiet: break
                }
            }
        }
    }
}
