// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `ferry app …`
struct AppCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "app",
        abstract: "Run apps, list them, and make apps of your own.",
        discussion: """
            An app is named namespace/name, or name alone where that is unambiguous.

            Examples:
              ferry app get image-processor
              ferry app init word-count --lang python && ferry app test word-count
            """,
        subcommands: [AppRun.self, AppList.self, AppGet.self, AppInit.self, AppTest.self, AppDeploy.self])
}
