// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry file list`
struct FileList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List stored files, newest first.",
        discussion: """
            Fields to filter and sort by: id, filename, content_type, path, category, visibility, size, sha256, \
            created_at, updated_at, expires_at. A path is a folder: path:eq:/photos is what stands in it, \
            path:like:/photos/% what stands deeper.

            Examples:
              ferry file list --limit 50 --sort size:desc
              ferry file list --search invoice --filter path:like:/2026/%
              ferry file list --all --filter filename:like:%.png --filter size:gt:1000000 --json
            """)

    @OptionGroup var list: ListOptions
    @OptionGroup var search: SearchOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.connected(output.console) { ferry in
            let lister = Lister<FileDTO>(
                headings: ["NAME", "SIZE", "TYPE", "CREATED", "PATH", "ID"], rightAligned: [1], quiet: \.uri
            ) { file in
                // A record whose bytes never came must not look like an empty file.
                let size = file.uploadURL.isEmpty ? ByteSize.text(file.size) : "pending"
                return [file.filename, size, file.contentType, Moment.text(file.createdAt), file.path, file.id]
            }
            try await lister.run(list, search, output.console) { try await ferry.files.list($0) }
        }
    }
}
