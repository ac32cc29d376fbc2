// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry upload`, `ferry file upload`
struct FileUpload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upload",
        abstract: "Upload files, folders, data URIs or standard input.",
        discussion: """
            Prints name, size and address of each file, in the order given; --quiet prints only the addresses. Files \
            are streamed, whatever their size. If one fails the others are cancelled.

            --recursive uploads every file in a folder, hidden ones too, and keeps the way to it, beginning with the \
            folder's own name, as the storage path. Symbolic links are not followed, but for those to a file in the \
            same folder. What cannot be uploaded is named on standard error, the rest is uploaded, and the exit code \
            is not 0.

            A name that begins with a dash goes behind --, or is written ./-name.

            Examples:
              ferry upload photo.jpg notes.txt
              ferry upload photos --recursive --path /backup/2026
              ferry upload report.pdf --expires-in 7d --public
              ferry upload 'data:text/plain,Hello%20World' --filename hello.txt
              tar cz src | ferry upload - --filename src.tar.gz
            """)

    /// Uploads at once.
    private static let width = 4
    /// Lifetimes that a server gives, in seconds: a minute to a year.
    private static let lifetimes: ClosedRange<Int64> = 60...31_536_000

    @Argument(
        help: ArgumentHelp("Files, folders, data: URIs, or - for standard input.", valueName: "path"),
        completion: .file())
    var sources: [String] = []

    @Flag(name: [.short, .long], help: "Upload what is in folders.")
    var recursive = false

    @Option(help: ArgumentHelp("Upload what the data: URI in a file holds.", valueName: "@file"))
    var dataUri: String?

    @Option(help: ArgumentHelp("Name of the stored file. (default: that of the path)", valueName: "name"))
    var filename: String?

    @Option(
        help: ArgumentHelp("Media type. (default: by the content, else by the name)", valueName: "type"))
    var contentType: String?

    @Option(
        help: ArgumentHelp(
            "Storage path to note in the record; with --recursive the folders go beneath it.", valueName: "path"))
    var path: String?

    @Flag(name: .customLong("public"), help: "Let anyone fetch the file by its link.")
    var isPublic = false

    @Option(
        help: ArgumentHelp(
            "Delete the file by itself after this time: seconds, or such as 15m, 1h, 7d; a year at most.",
            valueName: "time"),
        transform: TimeSpan.reader(FileUpload.lifetimes))
    var expiresIn: TimeSpan?

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        let count = sources.count + (dataUri == nil ? 0 : 1)
        guard count > 0 else { throw ValidationError("Give a file, a folder, a data: URI or - for standard input") }
        if count > 1, filename != nil { throw ValidationError("--filename names one file; upload them one by one") }
        if sources.filter({ $0 == LocalInput.standardInput }).count > 1 {
            throw ValidationError("Standard input can be uploaded once only")
        }
        if sources.contains("") { throw ValidationError("A path is empty") }
        if let dataUri, dataUri.utf8.first != UInt8(ascii: "@"), !DataURI.hasScheme(dataUri) {
            throw ValidationError("--data-uri takes a file that holds a data: URI, as @FILE")
        }
        if let contentType, !contentType.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) {
            throw ValidationError("--content-type holds a control character; write a media type as image/png")
        }
        if let path { try Self.check(storagePath: path, of: "--path") }
    }

    /// Checks a storage path before anything is sent.
    static func check(storagePath path: String, of flag: String) throws {
        do throws(StoragePath.Refusal) {
            _ = try StoragePath.normalized(path)
        } catch {
            throw ValidationError("\(flag) \(error.description)")
        }
    }

    /// What came of an item.
    private enum Ending: Sendable {
        case uploaded(UploadItem, FileDTO)
        case refused(Outcome)
    }

    func run() async throws {
        let console = output.console
        let found = try await UploadItems(
            sources, dataURI: dataUri, filename: filename, storagePath: path, isRecursive: recursive)
        var refused = found.refusals.map { Outcome($0.failure) }
        for outcome in refused { try await console.failure(outcome) }
        if found.items.isEmpty, refused.isEmpty { await console.note("there is no file in the folder") }
        if !found.items.isEmpty { refused += try await upload(found.items, console) }
        if let first = refused.first {
            let count = found.items.count + found.refusals.count
            throw PartialFailure(first: first, refused: refused.count, count: count)
        }
    }

    /// Uploads, and shows each file in its turn.
    ///
    /// - Returns: what failed by itself.
    private func upload(_ items: [UploadItem], _ console: Console) async throws -> [Outcome] {
        if let contentType, !contentType.isEmpty, MediaType(contentType) == nil {
            let shown = String(contentType.prefix(64))
            await console.note(
                "'\(shown)' is no media type and counts as \(MediaType.octetStream); write it as image/png")
        }
        let options = UploadFileOptions(
            filename: filename, contentType: contentType, path: path, public: isPublic ? true : nil,
            expiresIn: expiresIn.map { .seconds($0.seconds) })
        return try await connection.connected(console) { ferry in
            let display = TransferDisplay(.upload, count: items.count, console: console)
            var refused: [Outcome] = []
            do {
                try await inOrder(items, width: Self.width) { index, item in
                    let progress = display.handler(index, name: item.name)
                    let ending = try await Self.upload(item, options, ferry, progress)
                    if case .uploaded = ending { await display.finished(index, name: item.name) }
                    return ending
                } take: { ending in
                    await display.clear()
                    switch ending {
                    case .uploaded(let item, let file):
                        try await FileSummary.show(file, as: item.isFound ? item.name : nil, console)
                    case .refused(let outcome):
                        refused.append(outcome)
                        try await console.failure(outcome)
                    }
                }
            } catch {
                await display.clear()
                throw error
            }
            return refused
        }
    }

    private static func upload(
        _ item: UploadItem, _ options: UploadFileOptions, _ ferry: Ferry, _ progress: ProgressHandler?
    ) async throws -> Ending {
        do {
            let file = try await item.upload(ferry, options, progress)
            return .uploaded(item, file)
        } catch  where item.isFound && UploadItem.isOfOneItem(error) {
            var outcome = Outcome(error)
            if !outcome.message.contains(item.name) { outcome.message = "\(item.name): \(outcome.message)" }
            return .refused(outcome)
        }
    }
}
