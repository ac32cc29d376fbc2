// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry keys list`
struct KeysList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List API keys, without their secrets.",
        discussion: "Example: ferry keys list --json")

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let console = output.console
        let keys = try await connection.connected(console) { try await $0.keys.list() }
        let lister = Lister<KeyDTO>(
            headings: ["NAME", "TEAM", "SCOPES", "CREATED", "STATE", "ID"], quiet: \.id
        ) { key in
            [
                key.name, key.team, key.scopes.joined(separator: ","), Moment.text(key.createdAt),
                key.revokedAt == nil ? "active" : "revoked", key.id,
            ]
        }
        try await lister.show(keys, console)
    }
}
