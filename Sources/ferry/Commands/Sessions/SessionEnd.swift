// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry session end`
struct SessionEnd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "end",
        abstract: "End sessions and let go of their workers.",
        discussion: """
            A session that has ended stays as it is.

            Example: ferry session end <id>
            """)

    @Argument(help: ArgumentHelp("The sessions' ids.", valueName: "id"))
    var ids: [String]

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let console = output.console
        try await connection.connected(console) { ferry in
            for id in ids {
                try await ferry.sessions.end(id)
                switch console.format {
                case .json: try await console.json(["id": .string(id), "ended": true])
                case .human: try await console.line("ended \(Printable.line(id))")
                case .quiet: break
                }
            }
        }
    }
}
