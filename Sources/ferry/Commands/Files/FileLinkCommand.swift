// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry file link`
struct FileLinkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link",
        abstract: "Print a link that fetches a stored file without a key.",
        discussion: """
            Whoever has the link may fetch the file until the link expires. A public file's link never does.

            Examples:
              ferry file link inf://files/<id>/photo.jpg
              curl -O "$(ferry file link <id> --expires 1h --quiet)"
            """)

    /// Lifetimes that a server gives, in seconds.
    private static let lifetimes: ClosedRange<Int64> = 1...604_800

    @Argument(help: ArgumentHelp("Id, inf:// address or link.", valueName: "file"))
    var file: String

    @Option(
        help: ArgumentHelp(
            "How long the link works: seconds, or such as 15m, 1h, 7d, which is the most. (default: 1d)",
            valueName: "time"),
        transform: TimeSpan.reader(FileLinkCommand.lifetimes))
    var expires: TimeSpan?

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let console = output.console
        let lifetime = Duration.seconds(expires?.seconds ?? LinkRequest.defaultLifetime)
        let link = try await connection.connected(console) { try await $0.files.link(file, expiresIn: lifetime) }
        guard console.format != .json else { return try await console.json(link.json) }
        await console.note(link.expiresAt.map { "works until \(Moment.text($0))" } ?? "works while the file is public")
        try await console.line(link.url)
    }
}
