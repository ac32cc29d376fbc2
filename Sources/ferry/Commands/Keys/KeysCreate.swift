// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry keys create`
struct KeysCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make an API key and print it, this once.",
        discussion: """
            Scopes: files:read, files:write, apps:execute, apps:deploy, keys:manage. Without --scope the key may do \
            everything but deploy apps and manage keys.

            Example: ferry keys create --name backup --team archive --scope files:read
            """)

    @Option(help: ArgumentHelp("A name to know the key by.", valueName: "name"))
    var name: String

    @Option(help: ArgumentHelp("The team it belongs to, made when new. (default: your own)", valueName: "name"))
    var team: String?

    @Option(
        name: .customLong("scope"),
        help: ArgumentHelp("What it may do. Can be given several times.", valueName: "scope"))
    var scopes: [String] = []

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let console = output.console
        let key = try await connection.connected(console) { ferry in
            try await ferry.keys.create(name: name, team: team, scopes: scopes.isEmpty ? nil : scopes)
        }
        try await NewKey.show(key, console)
    }
}

/// A key that was just made.
enum NewKey {
    /// Prints it: the secret alone on standard output, what it is on standard error.
    static func show(_ key: KeyDTO, _ console: Console) async throws {
        guard let secret = key.key else {
            throw CommandFailure(.other, "the server made a key but did not send it; revoke \(key.id) and try again")
        }
        guard console.format != .json else { return try await console.json(key.json) }
        await console.note(
            "key \"\(key.name)\" of team \(key.team), id \(key.id), for \(key.scopes.joined(separator: ", ")); "
                + "keep it now, it is not shown again")
        try await console.line(secret)
    }
}
