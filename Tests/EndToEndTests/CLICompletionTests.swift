// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite(.serialized) struct CLICompletionTests {
    /// Completes the last of some words in bash, as the Tab key would.
    private static func completed(_ words: [String], _ ferry: CLICommand) async throws -> Set<String> {
        let script = """
            set -euo pipefail
            PATH=$(dirname "$FERRY"):$PATH
            source <(ferry completion bash)
            entry=$(complete -p ferry)
            [[ $entry =~ -F\\ ([^\\ ]+) ]]
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
            COMPREPLY=()
            set +eu
            "${BASH_REMATCH[1]}" ferry "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        let result = try await ferry.through("/usr/bin/env", ["bash", "-c", script, "bash"] + words)
        #expect(result.status == 0, "\(result.errors)")
        return Set(result.lines.map { $0.trimmingCharacters(in: .whitespaces) })
    }

    @Test func `bash completes commands, verbs, flags and files`() async throws {
        let ferry = CLICommand(folder: try TestFolder())
        _ = try ferry.folder.file("photograph.jpg", bytes: [1])
        let commands = try await Self.completed(["ferry", ""], ferry)
        #expect(commands.isSuperset(of: ["upload", "download", "file", "run", "serve", "login", "completion"]))
        #expect(try await Self.completed(["ferry", "file", "re"], ferry) == ["rename"])
        let flags = try await Self.completed(["ferry", "upload", "--"], ferry)
        #expect(flags.isSuperset(of: ["--recursive", "--expires-in", "--public", "--json", "--quiet"]))
        #expect(try await Self.completed(["ferry", "upload", "photo"], ferry).contains("photograph.jpg"))
        #expect(try await Self.completed(["ferry", "completion", ""], ferry).isSuperset(of: ["bash", "zsh", "fish"]))
    }

    @Test(arguments: [("bash", "complete"), ("zsh", "#compdef ferry"), ("fish", "complete -c ")])
    func `every shell has its script`(shell: String, mark: String) async throws {
        let ferry = CLICommand(folder: try TestFolder())
        let result = try await ferry("completion", shell)
        #expect(result.status == 0)
        #expect(result.text.contains(mark))
        #expect(result.errors == "")
    }

    @Test func `a shell that is not known is wrong usage`() async throws {
        let ferry = CLICommand(folder: try TestFolder())
        let result = try await ferry("completion", "tcsh")
        #expect(result.status == 2)
        #expect(result.errors.contains("bash"))
    }
}
