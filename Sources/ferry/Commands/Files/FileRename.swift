// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry file rename`
struct FileRename: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename",
        abstract: "Give a stored file another name or storage path.",
        discussion: """
            The id stays, and so addresses that were handed out go on working. --path '' takes the file out of its \
            folder.

            Examples:
              ferry file rename inf://files/<id>/IMG_0001.jpg beach.jpg
              ferry file rename <id> --path /photos/2026
            """)

    @Argument(help: ArgumentHelp("Id, inf:// address or link.", valueName: "file"))
    var file: String

    @Argument(help: ArgumentHelp("The new name.", valueName: "name"))
    var name: String?

    @Option(help: ArgumentHelp("The new storage path.", valueName: "path"))
    var path: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard name != nil || path != nil else {
            throw ValidationError("Give a new name, or a new storage path by --path")
        }
        if let path { try FileUpload.check(storagePath: path, of: "--path") }
        guard let name else { return }
        if name.isEmpty { throw ValidationError("The new name is empty") }
        if name.utf8.contains(UInt8(ascii: "/")) {
            throw ValidationError("A name holds no '/'; the folder is given by --path")
        }
    }

    func run() async throws {
        let console = output.console
        let record = try await connection.connected(console) {
            try await $0.files.rename(file, filename: name, path: path)
        }
        try await FileSummary.show(record, console)
    }
}
