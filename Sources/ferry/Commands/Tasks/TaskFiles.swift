// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry task files`
struct TaskFiles: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "files",
        abstract: "List, save or delete the files that a task was given and made.",
        discussion: """
            --save downloads them into a folder, each under a name that nothing there has, and prints the paths. \
            --delete deletes them on the server once the task has ended, even if they are used elsewhere; with --save \
            only when all are saved.

            Examples:
              ferry task files <id> --role output --save results
              ferry task files <id> --delete
            """)

    @Argument(help: ArgumentHelp("The task's id.", valueName: "id"))
    var id: String

    @Option(
        help: ArgumentHelp("input or output. (default: both)", valueName: "role"),
        completion: .list(TaskFileDTO.Role.allCases.map(\.rawValue)), transform: TaskFiles.readRole)
    var role: TaskFileDTO.Role?

    @Option(help: ArgumentHelp("Download the files into a folder.", valueName: "dir"), completion: .directory)
    var save: String?

    @Flag(help: "Delete the files on the server.")
    var delete = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if save == "" { throw ValidationError("--save needs a folder") }
    }

    func run() async throws {
        let console = output.console
        if let save { try await LocalFolder.make(save) }
        try await connection.connected(console) { ferry in
            if let save {
                try await self.save(in: save, ferry, console)
            } else if !delete {
                try await Self.lister.show(try await ferry.tasks.files(id, role: role), console)
            }
            if delete { try await show(try await ferry.tasks.deleteFiles(id, role: role), console) }
        }
    }

    private static func readRole(_ text: String) throws -> TaskFileDTO.Role {
        guard let role = TaskFileDTO.Role(rawValue: text) else { throw ValidationError("it is input or output") }
        return role
    }

    private static var lister: Lister<TaskFileDTO> {
        Lister(headings: ["ROLE", "SIZE", "TYPE", "NAME", "URI"], rightAligned: [1], quiet: \.uri) { file in
            [file.role.rawValue, ByteSize.text(file.size), file.contentType, file.filename, file.uri]
        }
    }

    private func save(in folder: String, _ ferry: Ferry, _ console: Console) async throws {
        // A file may have both roles; once is enough.
        var seen: Set<String> = []
        for file in try await ferry.tasks.files(id, role: role) where seen.insert(file.id).inserted {
            let name = Filename.safe(file.filename)
            let path = try await OutputFile(uri: file.uri, name: name).save(in: folder, ferry)
            guard console.format == .json else {
                try await console.line(path)
                continue
            }
            var record = file.json.objectValue ?? [:]
            record["saved"] = .string(path)
            try await console.json(.object(record))
        }
    }

    private func show(_ deletion: TaskFileDeletion, _ console: Console) async throws {
        switch console.format {
        case .json: try await console.json(deletion.json)
        case .quiet: try await console.lines(deletion.deleted)
        case .human:
            try await console.lines(deletion.deleted.map { "deleted \(Printable.line($0))" })
            for file in deletion.skipped { await console.note("left \(file.id): \(file.reason)") }
        }
    }
}
