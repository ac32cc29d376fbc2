// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry file get`
struct FileGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show a stored file's record, with a fresh link.",
        discussion: "Example: ferry file get inf://files/<id>/photo.jpg --json")

    @Argument(help: ArgumentHelp("Id, inf:// address or link.", valueName: "file"))
    var file: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let console = output.console
        let record = try await connection.connected(console) { try await $0.files.get(file) }
        switch console.format {
        case .json: try await console.json(record.json)
        case .quiet: try await console.line(record.uri)
        case .human:
            var details = Details()
            details.add("Name", record.filename)
            details.add("Id", record.id)
            let exact = record.size < 1024 ? "" : " (\(record.size) B)"
            details.add("Size", ByteSize.text(record.size) + exact)
            details.add("Type", record.contentType)
            details.add("SHA-256", record.sha256 ?? "")
            details.add("Path", record.path)
            details.add("Visibility", record.visibility)
            details.add("Created", Moment.text(record.createdAt))
            if let time = record.expiresAt { details.add("Expires", Moment.text(time)) }
            details.add("Address", record.uri)
            details.add("Link", record.url)
            if !record.uploadURL.isEmpty { details.add("State", "its bytes are missing; upload it again") }
            try await console.lines(details.lines)
        }
    }
}
