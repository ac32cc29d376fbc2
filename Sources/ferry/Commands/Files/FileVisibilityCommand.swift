// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry file visibility`
struct FileVisibilityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "visibility",
        abstract: "Let anyone fetch a stored file by its link, or only your team.",
        discussion: """
            A file made private again cannot be fetched any more by the link it had while it was public.

            Example: ferry file visibility inf://files/<id>/photo.jpg public
            """)

    /// Who may fetch a file.
    enum Audience: String, ExpressibleByArgument, CaseIterable {
        case `public`, team, `private`

        fileprivate var visibility: FileVisibility {
            switch self {
            case .public: .public
            case .team: .team
            case .private: .private
            }
        }
    }

    @Argument(help: ArgumentHelp("Id, inf:// address or link.", valueName: "file"))
    var file: String

    @Argument(help: ArgumentHelp("public, team or private.", valueName: "visibility"))
    var audience: Audience

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let console = output.console
        let record = try await connection.connected(console) {
            try await $0.files.setVisibility(file, audience.visibility)
        }
        if console.format == .human { await console.note("now \(record.visibility)") }
        try await FileSummary.show(record, console)
    }
}
