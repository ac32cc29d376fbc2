// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry file delete`
struct FileDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete stored files, records and bytes.",
        discussion: """
            Stops at the first file that cannot be deleted.

            Example: ferry file delete <id> <id>
            """)

    @Argument(help: ArgumentHelp("Ids, inf:// addresses or links.", valueName: "file"))
    var files: [String]

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let console = output.console
        try await connection.connected(console) { ferry in
            for file in files {
                try await ferry.files.delete(file)
                switch console.format {
                case .json: try await console.json(["file": .string(file), "deleted": true])
                case .human: try await console.line("deleted \(Printable.line(file))")
                case .quiet: break
                }
            }
        }
    }
}
