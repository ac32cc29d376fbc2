// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryWire
import NIOPosix

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension AppTemplate.Language: ExpressibleByArgument {}

/// `ferry app init`
struct AppInit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Begin an app: a small working one, with a file in and a file out.",
        discussion: """
            Makes a folder with the app's code and its inf.yml. Python apps use the official package inferencesh, Node \
            apps need no dependency, Swift apps are packages with Ferry's app kit, which is built from a checkout of Ferry.

            Examples:
              ferry app init word-count --lang python
              ferry app test word-count
              ferry app deploy word-count
            """)

    @Argument(help: ArgumentHelp("The app's name, or namespace/name.", valueName: "name"))
    var name: String

    @Option(name: .customLong("lang"), help: ArgumentHelp("swift, python or node.", valueName: "language"))
    var language: AppTemplate.Language

    @Option(
        help: ArgumentHelp("The new folder. (default: the name, in the working directory)", valueName: "dir"),
        completion: .directory)
    var dir: String?

    @Option(help: ArgumentHelp("The owner's name in the app's reference. (default: local)", valueName: "name"))
    var namespace: String?

    @Option(
        help: ArgumentHelp(
            "Swift: a folder with Ferry's sources, which the app is built with. (default: the one this program was built "
                + "in)",
            valueName: "dir"), completion: .directory)
    var ferry: String?

    @OptionGroup var output: OutputOptions

    /// The owner where none is named.
    static let defaultNamespace = "local"

    func validate() throws { _ = try reference() }

    /// The app's reference as typed.
    private func reference() throws -> (namespace: String, name: String) {
        guard let parsed = AppReference(name), parsed.version == nil, parsed.function == nil else {
            throw ValidationError("'\(name)' is no app's name; use letters, digits, '-', '_' and '.'")
        }
        let given = namespace ?? parsed.namespace ?? Self.defaultNamespace
        guard AppReference(given)?.name == given else {
            throw ValidationError("'\(given)' is no namespace; use letters, digits, '-', '_' and '.'")
        }
        return (given, parsed.name)
    }

    func run() async throws {
        let console = output.console
        let (namespace, name) = try reference()
        let folder = dir ?? name
        guard !folder.isEmpty else { throw CommandFailure(.usage, "--dir needs a folder") }
        let kit = language == .swift ? try FerryCheckout.find(given: ferry) : nil
        let template = AppTemplate(language, namespace: namespace, name: name, folder: folder, ferry: kit)
        try await Self.write(template.files, to: folder)
        let path = try LocalFolder.absolute(folder)
        switch console.format {
        case .json:
            try await console.json([
                "app": .string("\(namespace)/\(name)"), "folder": .string(path),
                "files": .array(template.files.map { .string($0.path) }),
            ])
        case .quiet: try await console.line(path)
        case .human:
            try await console.lines(template.files.map { "\(folder)/\($0.path)" })
            await console.note("next:")
            for step in template.nextSteps { await console.notice("  \(Printable.line(step))\n") }
        }
    }

    /// Writes the files into a folder that is new or empty.
    ///
    /// - Throws: ``CommandFailure``.
    static func write(_ files: [AppTemplate.File], to folder: String) async throws {
        if try await LocalFolder.exists(folder) {
            let root = try await FolderRoot.opening(folder)
            guard try await root.names(in: [], upTo: 1_000).isEmpty else {
                throw CommandFailure(.alreadyExists, "\(folder) is not empty; give another folder with --dir")
            }
        }
        try await LocalFolder.make(folder)
        for file in files {
            let folders = LocalFolder.parts(file.path).dropLast()
            if !folders.isEmpty { try await LocalFolder.make("\(folder)/\(folders.joined(separator: "/"))") }
            try await LocalFile.write(Array(file.text.utf8), to: "\(folder)/\(file.path)")
        }
    }
}
