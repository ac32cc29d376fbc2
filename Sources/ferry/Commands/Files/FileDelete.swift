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
            A file that cannot be deleted is named, and the others are deleted all the same; the exit code is the first
            failure's.

            Example: ferry file delete <id> <id>
            """)

    @Argument(help: ArgumentHelp("Ids, inf:// addresses or links.", valueName: "file"))
    var files: [String]

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let console = output.console
        try await connection.connected(console) { ferry in
            try await console.each(files, are: "deleted", member: "file", of: "files") { file in
                try await ferry.files.delete(file)
            }
        }
    }
}
