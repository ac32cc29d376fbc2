// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// The files of a message, as `--file` names them.
struct AgentAttachments: ParsableArguments {
    @Option(
        name: .customLong("file"),
        help: ArgumentHelp(
            "Attach a local file, a data: URI, an inf:// address or a link, or - for standard input; up to 20, in this "
                + "order.", valueName: "path"),
        completion: .file())
    var sources: [String] = []

    func validate() throws {
        guard sources.count <= Agent.maximumFiles else {
            throw ValidationError("a message takes up to \(Agent.maximumFiles) files, not \(sources.count)")
        }
        for source in sources {
            if source.isEmpty { throw ValidationError("--file names no file") }
            guard source.utf8.first == UInt8(ascii: "@") else { continue }
            throw ValidationError(
                "--file takes the path itself: --file \(source.dropFirst()); if the name begins with @, write "
                    + "./\(source)"
            )
        }
        if sources.filter({ $0 == LocalInput.standardInput }).count > 1 {
            throw ValidationError("standard input can be attached once only")
        }
    }

    /// Whether standard input is one of them.
    var takesStandardInput: Bool { sources.contains(LocalInput.standardInput) }

    /// The files, looked at before anything is sent.
    ///
    /// - Throws: ``CommandFailure``, `CancellationError`.
    func files() async throws -> [AgentFile] {
        var files: [AgentFile] = []
        for source in sources { files.append(try await Self.file(source)) }
        return files
    }

    private static func file(_ source: String) async throws -> AgentFile {
        if source == LocalInput.standardInput { return .stream(DescriptorChunks.standardInput) }
        if DataURI.hasScheme(source) { return .dataURI(source) }
        if FileURI.hasScheme(source) || ["http://", "https://"].contains(where: { source.lowercased().hasPrefix($0) }) {
            return .uri(source)
        }
        let kind: LocalInput.Kind
        do {
            kind = try await LocalInput.kind(of: source)
        } catch let failure as CommandFailure where failure.kind == .localFileNotFound && source.contains("://") {
            throw CommandFailure(
                .localFileNotFound, "there is no file \(ConnectionOptions.shown(source)); a link is http:// or https://"
            )
        }
        switch kind {
        case .regular: return .path(source)
        case .stream:
            // A file of the system's that has no size keeps its name; a pipe of the shell's has none worth keeping.
            let isPipe = source.utf8.starts(with: "/dev/".utf8)
            return .stream(
                try await DescriptorChunks.opening(source),
                filename: isPipe ? nil : LocalFolder.parts(source).last)
        case .folder: throw CommandFailure(.refused, "\(source) is a folder; attach its files one by one")
        case .other: throw LocalInput.notRegular(source)
        }
    }
}

/// Text of a message or a result, as the command line gives it.
enum AgentText {
    /// Most bytes of text that is read: more than a server takes, which says itself how much that is. 1 MiB.
    static let maximumLength = 1 << 20

    /// The text, or that of standard input for `-`. Never looked up as a path.
    ///
    /// - Throws: ``CommandFailure``, `CancellationError`.
    static func read(_ text: String) async throws -> String {
        guard text == LocalInput.standardInput else { return text }
        let bytes = try await LocalInput.bytes(
            text, upTo: maximumLength, orElse: "; attach it as a file: --file -")
        guard let read = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure(.refused, "standard input is not UTF-8 text; attach it as a file: --file -")
        }
        return read
    }
}
