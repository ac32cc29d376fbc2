// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryWire

/// The root of all commands.
struct FerryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ferry",
        abstract: "Moves files to and from an inference.sh API, runs apps on them and asks agents about them.",
        discussion: """
            Without a configured server the commands share one of this machine's own, which starts by itself and stops \
            when it is no longer needed. To use another one, set INFERENCE_BASE_URL and INFERENCE_API_KEY, or run: \
            ferry login

            Data goes to standard output, everything else to standard error.

            Examples:
              ferry upload photo.jpg
              ferry run image-processor --file image=photo.jpg --set width=640 --save out
              ferry agent send okaris/assistant 'What is in this picture?' --file photo.jpg
              ferry download inf://files/<id>/photo.jpg -o copy.jpg

            Exit codes: 0 done, 1 failed, 2 wrong usage, 4 no such file, app, task, agent or chat, 5 failed but \
            worth another try, 6 refused, 130 interrupted.
            """,
        version: FerryVersion.current,
        groupedSubcommands: [
            CommandGroup(
                name: "Files", subcommands: [FileUpload.self, FileDownload.self, FileCommand.self, CacheCommand.self]),
            CommandGroup(
                name: "Apps, agents and tasks",
                subcommands: [AppRun.self, AppCommand.self, AgentCommand.self, TaskCommand.self, SessionCommand.self]),
            CommandGroup(name: "Server", subcommands: [ServeCommand.self, KeysCommand.self]),
            CommandGroup(name: "Setup", subcommands: [LoginCommand.self, CompletionCommand.self]),
        ])
}
