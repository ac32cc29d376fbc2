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
            var failures: [Outcome] = []
            for file in files {
                do {
                    try await ferry.files.delete(file)
                } catch let error as FerryError where files.count > 1 {
                    var outcome = Outcome(error)
                    outcome.message = "\(Printable.line(file)): \(outcome.message)"
                    try await console.failure(outcome)
                    failures.append(outcome)
                    continue
                }
                switch console.format {
                case .json: try await console.json(["file": .string(file), "deleted": true])
                case .human: try await console.line("deleted \(Printable.line(file))")
                case .quiet: break
                }
            }
            if let first = failures.first {
                throw PartialFailure(first: first, refused: failures.count, count: files.count, deed: "deleted")
            }
        }
    }
}
