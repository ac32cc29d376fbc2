// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry download`, `ferry file download`
struct FileDownload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "download",
        abstract: "Download stored files and outputs of tasks.",
        discussion: """
            Prints the path of each file. Bytes are checked and a file gets its name only once it is whole. Without -o \
            files go into the working directory, under the names the server has for them.

            Examples:
              ferry download inf://files/<id>/photo.jpg
              ferry download <id> -o copy.jpg --force
              ferry download <id> -o - | sha256sum
            """)

    /// Downloads at once.
    private static let width = 4

    @Argument(help: ArgumentHelp("Ids, inf:// addresses or links.", valueName: "file"))
    var sources: [String]

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("File, folder, or - for standard output. (default: .)", valueName: "path"))
    var output: String?

    @Flag(name: [.short, .long], help: "Replace a file that is there.")
    var force = false

    @OptionGroup var display: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if sources.count > 1, output == LocalInput.standardInput {
            throw ValidationError("Only one file can go to standard output")
        }
        if output == "" { throw ValidationError("-o needs a file, a folder or -") }
        if sources.contains("") { throw ValidationError("The name of a file is empty") }
    }

    func run() async throws {
        let console = display.console
        if output == LocalInput.standardInput { return try await stream(sources[0], console) }
        let target = output ?? "."
        if sources.count > 1 || target.utf8.last == UInt8(ascii: "/") { try await LocalFolder.make(target) }
        try await connection.connected(console) { ferry in
            let display = TransferDisplay(.download, count: sources.count, console: console)
            do {
                try await inOrder(sources, width: Self.width) { [force] index, source in
                    let name = Self.name(of: source)
                    let saved = try await SavedFile.download(
                        source, to: target, overwrite: force, ferry, display.handler(index, name: name))
                    await display.finished(index, name: name)
                    return saved
                } take: { saved in
                    await display.clear()
                    try await Self.show(saved, console)
                }
            } catch {
                await display.clear()
                throw Self.explained(error)
            }
        }
    }

    /// Sends the bytes on to standard output as they come.
    private func stream(_ source: String, _ console: Console) async throws {
        try await connection.connected(console) { ferry in
            for try await chunk in ferry.files.downloadStream(source) { try await console.data(chunk) }
        }
    }

    private static func show(_ saved: SavedFile, _ console: Console) async throws {
        switch console.format {
        case .human, .quiet: try await console.line(saved.path)
        case .json: try await console.json(["source": .string(saved.source), "path": .string(saved.path)])
        }
    }

    /// What a line of progress calls the file: the last part of its address.
    private static func name(of source: String) -> String {
        guard !DataURI.hasScheme(source) else { return "data" }
        let path = source.prefix { $0 != "?" }
        let last = path.split(separator: "/").last.map(String.init) ?? source
        return PercentEncoding.decode(last) ?? last
    }

    /// The SDK's words for a file that is there know nothing of `--force`.
    static func explained(_ error: any Error) -> any Error {
        guard let failure = error as? FerryError, failure.code == .alreadyExists else { return error }
        let what = failure.message.prefix { $0 != ";" }
        return CommandFailure(.alreadyExists, "\(what); use --force to replace it, or another -o")
    }
}

/// A file that was downloaded.
struct SavedFile: Sendable {
    /// What it was called on the command line.
    var source: String
    /// Its absolute path.
    var path: String

    /// Downloads a file to a path or into a folder.
    static func download(
        _ source: String, to target: String, overwrite: Bool, _ ferry: Ferry, _ progress: ProgressHandler?
    ) async throws -> SavedFile {
        let path = try await ferry.files.download(source, to: target, overwrite: overwrite, progress: progress)
        return SavedFile(source: source, path: try LocalFolder.absolute(path))
    }
}
