// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry app list`
struct AppList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the apps of the server.",
        discussion: "Example: ferry app list --all --json")

    @OptionGroup var list: ListOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.connected(output.console) { ferry in
            let lister = Lister<AppDTO>(headings: ["APP", "CATEGORY", "DESCRIPTION"], quiet: \.reference) { app in
                [app.reference, app.category, app.description]
            }
            try await lister.run(list, nil, output.console) { try await ferry.apps.list($0) }
        }
    }
}
