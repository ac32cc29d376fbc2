// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `ferry keys …`
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make, list, revoke and rotate API keys.",
        discussion: """
            Needs a key that may manage keys, such as the root key.

            Example: ferry keys create --name laptop --scope files:read --scope files:write
            """,
        subcommands: [KeysCreate.self, KeysList.self, KeysRevoke.self, KeysRotate.self])
}
