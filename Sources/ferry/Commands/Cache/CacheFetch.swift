// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryApp
import FerryWire

/// `ferry cache fetch`
struct CacheFetch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch",
        abstract: "Fetch files into the cache, or find them there, and print their paths.",
        discussion: """
            However many processes ask for one file at once, it is fetched once. Only public addresses are asked; name \
            others with --allow-origin.

            Examples:
              ferry cache fetch https://example.org/model.bin
              ferry cache fetch https://example.org/model.bin -o model.bin
            """)

    @Argument(help: ArgumentHelp("http, https, data or inf addresses.", valueName: "address"))
    var addresses: [String]

    @Option(name: [.short, .long], help: ArgumentHelp("Copy the file to a path that is free.", valueName: "path"))
    var output: String?

    @Flag(help: "Ask the server even if what is there is fresh.")
    var refresh = false

    @Option(
        help: ArgumentHelp(
            "An origin that may be asked although it is not public: http://127.0.0.1:8787", valueName: "origin"))
    var allowOrigin: [String] = []

    @OptionGroup var display: OutputOptions

    func validate() throws {
        if addresses.count > 1, output != nil { throw ValidationError("-o takes one file; name one address") }
        if output == "" { throw ValidationError("-o needs a path") }
    }

    func run() async throws {
        let console = display.console
        let cache = FileCache(allowedOrigins: allowOrigin)
        for address in addresses {
            let file = try await cache.file(address, revalidating: refresh)
            var path = file.path
            if let output {
                path = try LocalFolder.absolute(output)
                try await file.copy(to: path, isLinkable: false)
            }
            switch console.format {
            case .human, .quiet: try await console.line(path)
            case .json:
                try await console.json([
                    "path": .string(path), "filename": .string(file.filename), "size": .integer(file.size),
                    "content_type": .string(file.contentType), "sha256": .string(file.sha256),
                    "cached": .bool(file.wasCached),
                ])
            }
        }
    }
}
