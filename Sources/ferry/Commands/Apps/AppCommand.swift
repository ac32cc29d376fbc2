// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `ferry app …`
struct AppCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "app",
        abstract: "Run apps, list them and show what they take.",
        discussion: """
            An app is named namespace/name, or name alone where that is unambiguous.

            Example: ferry app get image-processor
            """,
        subcommands: [AppRun.self, AppList.self, AppGet.self])
}
