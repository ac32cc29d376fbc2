// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry upload`, `ferry file upload`
struct FileUpload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upload",
        abstract: "Upload files, data URIs or standard input.",
        discussion: """
            Prints name, size and address of each file, in the order given; --quiet prints only the addresses. Files \
            are streamed, whatever their size. If one fails the others are cancelled.

            Examples:
              ferry upload photo.jpg notes.txt
              ferry upload 'data:text/plain,Hello%20World' --filename hello.txt
              tar cz src | ferry upload - --filename src.tar.gz
            """)

    /// Uploads at once.
    private static let width = 4
    /// Most bytes of a data URI's text in a file.
    private static let maximumDataURILength = 1 << 30

    @Argument(help: ArgumentHelp("Files, data: URIs, or - for standard input.", valueName: "path"))
    var sources: [String] = []

    @Option(help: ArgumentHelp("Upload what the data: URI in a file holds.", valueName: "@file"))
    var dataUri: String?

    @Option(help: ArgumentHelp("Name of the stored file. (default: that of the path)", valueName: "name"))
    var filename: String?

    @Option(
        help: ArgumentHelp("Media type. (default: by the content, else by the name)", valueName: "type"))
    var contentType: String?

    @Option(help: ArgumentHelp("Storage path to note in the record.", valueName: "path"))
    var path: String?

    @Flag(name: .customLong("public"), help: "Let anyone fetch the file by its link.")
    var isPublic = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        let count = sources.count + (dataUri == nil ? 0 : 1)
        guard count > 0 else { throw ValidationError("Give a file, a data: URI or - for standard input") }
        if count > 1, filename != nil { throw ValidationError("--filename names one file; upload them one by one") }
        if count > 1, path != nil { throw ValidationError("--path is for one file; upload them one by one") }
        if sources.filter({ $0 == LocalInput.standardInput }).count > 1 {
            throw ValidationError("Standard input can be uploaded once only")
        }
        if sources.contains("") { throw ValidationError("A path is empty") }
        if let dataUri, dataUri.utf8.first != UInt8(ascii: "@"), !DataURI.hasScheme(dataUri) {
            throw ValidationError("--data-uri takes a file that holds a data: URI, as @FILE")
        }
        if let contentType, MediaType(contentType) == nil {
            throw ValidationError("'\(contentType)' is no media type; write it as image/png")
        }
    }

    /// What is uploaded.
    private enum Source: Sendable {
        case path(String)
        case stream(DescriptorChunks)
        case dataURI(String)
    }

    private struct Item: Sendable {
        var name: String
        var source: Source
    }

    func run() async throws {
        let console = output.console
        let items = try await self.items()
        let options = UploadFileOptions(
            filename: filename, contentType: contentType, path: path, public: isPublic ? true : nil)
        try await connection.connected(console) { ferry in
            let display = TransferDisplay(.upload, count: items.count, console: console)
            do {
                try await inOrder(items, width: Self.width) { index, item in
                    let progress = display.handler(index, name: item.name)
                    let file = try await Self.upload(item, options, ferry, progress)
                    await display.finished(index, name: item.name)
                    return file
                } take: { file in
                    await display.clear()
                    try await Self.show(file, console)
                }
            } catch {
                await display.clear()
                throw error
            }
        }
    }

    /// What is to be uploaded; looked at before anything is sent, so that a mistyped name costs nothing.
    private func items() async throws -> [Item] {
        var items: [Item] = []
        for source in sources {
            if source == LocalInput.standardInput {
                items.append(Item(name: filename ?? "standard input", source: .stream(.standardInput)))
            } else if DataURI.hasScheme(source) {
                items.append(Item(name: filename ?? "data", source: .dataURI(source)))
            } else {
                items.append(try await item(path: source))
            }
        }
        if let dataUri { items.append(Item(name: filename ?? "data", source: .dataURI(try await text(dataUri)))) }
        return items
    }

    private func item(path: String) async throws -> Item {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        switch try await LocalInput.kind(of: path) {
        case .regular: return Item(name: name, source: .path(path))
        case .stream: return Item(name: name, source: .stream(try await DescriptorChunks.opening(path)))
        case .folder: throw CommandFailure(.refused, "\(path) is a folder; name the files in it")
        case .other:
            throw CommandFailure(
                .refused,
                "\(path) is no regular file; to send what a pipe or device gives, use: ferry upload - < \(path)")
        }
    }

    private func text(_ dataURI: String) async throws -> String {
        guard dataURI.utf8.first == UInt8(ascii: "@") else { return dataURI }
        let bytes = try await LocalInput.bytes(String(dataURI.dropFirst()), upTo: Self.maximumDataURILength)
        let end = bytes.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? 0
        return String(decoding: bytes[..<end].drop { $0 <= 0x20 }, as: UTF8.self)
    }

    private static func upload(
        _ item: Item, _ options: UploadFileOptions, _ ferry: Ferry, _ progress: ProgressHandler?
    ) async throws -> FileDTO {
        switch item.source {
        case .path(let path): return try await ferry.files.upload(path: path, options: options, progress: progress)
        case .stream(let chunks): return try await ferry.files.upload(chunks, options: options, progress: progress)
        case .dataURI(let text): return try await ferry.files.upload(text, options: options, progress: progress)
        }
    }

    private static func show(_ file: FileDTO, _ console: Console) async throws {
        switch console.format {
        case .human:
            try await console.line(
                "\(Printable.line(file.filename))  \(ByteSize.text(file.size))  \(Printable.line(file.uri))")
        case .quiet: try await console.line(file.uri)
        case .json:
            try await console.json([
                "id": .string(file.id), "uri": .string(file.uri), "url": .string(file.url),
                "filename": .string(file.filename), "content_type": .string(file.contentType),
                "size": .integer(file.size), "sha256": .optional(file.sha256), "path": .string(file.path),
                "visibility": .string(file.visibility),
            ])
        }
    }
}
