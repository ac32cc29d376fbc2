// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `ferry completion`
struct CompletionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion",
        abstract: "Print the script that completes ferry's words in a shell.",
        discussion: """
            Examples:
              source <(ferry completion bash)                                    # in ~/.bashrc
              ferry completion zsh > "${fpath[1]}/_ferry"                        # before compinit
              ferry completion fish > ~/.config/fish/completions/ferry.fish
            """)

    /// Shells that a script can be had for.
    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish

        fileprivate var kind: CompletionShell {
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        }
    }

    @Argument(help: ArgumentHelp("bash, zsh or fish.", valueName: "shell"))
    var shell: Shell

    func run() async throws {
        try await Console(format: .human, isQuiet: false).line(FerryCommand.completionScript(for: shell.kind))
    }
}
