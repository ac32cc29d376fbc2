// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryApp
import FerryWire

/// `ferry cache list`
struct CacheList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List cached files, the latest used first.",
        discussion: """
            Files that the official libraries keep in the same folder are listed too.

            Example: ferry cache list --json
            """)

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let console = output.console
        let entries = try await FileCache().entries()
        switch console.format {
        case .json: try await console.lines(entries.map { "\(Self.json($0))" })
        case .quiet: try await console.lines(entries.map(\.path))
        case .human:
            var table = Table(["NAME", "SIZE", "TYPE", "USED", "FROM", "SHA-256"], rightAligned: [1])
            for entry in entries {
                table.add([
                    entry.filename, ByteSize.text(entry.size), entry.contentType ?? "", Moment.text(entry.lastUsed),
                    entry.isOfficial ? "(official library)" : entry.source ?? "",
                    entry.sha256.map { String($0.prefix(12)) } ?? "",
                ])
            }
            try await console.lines(table.lines)
        }
    }

    private static func json(_ entry: CacheEntry) -> JSONValue {
        [
            "path": .string(entry.path), "filename": .string(entry.filename), "size": .integer(entry.size),
            "content_type": .optional(entry.contentType), "sha256": .optional(entry.sha256),
            "source": .optional(entry.source), "last_used": .time(entry.lastUsed),
            "official": .bool(entry.isOfficial),
        ]
    }
}
