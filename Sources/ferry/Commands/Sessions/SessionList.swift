// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry session list`
struct SessionList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List sessions, newest first.",
        discussion: "Example: ferry session list --active")

    @Flag(help: "Only those that have not ended.")
    var active = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let console = output.console
        let sessions = try await connection.connected(console) { try await $0.sessions.list() }
        let lister = Lister<SessionDTO>(
            headings: ["STATUS", "CALLS", "CREATED", "EXPIRES", "ID"], rightAligned: [1], quiet: \.id
        ) { session in
            [
                session.status.rawValue, "\(session.callCount)", Moment.text(session.createdAt),
                session.status == .active ? Moment.text(session.expiresAt) : "", session.id,
            ]
        }
        try await lister.show(active ? sessions.filter { $0.status == .active } : sessions, console)
    }
}
