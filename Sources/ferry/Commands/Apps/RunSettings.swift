// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// How a task is run, beside its input.
struct RunSettings: ParsableArguments {
    @Option(
        help: ArgumentHelp("What the app is set up with: JSON, @FILE, or - for standard input.", valueName: "json"))
    var setup: String?

    @Option(
        help: ArgumentHelp(
            "Run on a worker that is kept for the session: new, or the id of one (session_id in the task's record).",
            valueName: "new|id"))
    var session: String?

    @Option(
        help: ArgumentHelp(
            "Address that the server tells of the task's end, by a POST with its record.", valueName: "url")
    )
    var webhook: String?

    func validate() throws {
        if session == "" { throw ValidationError("--session needs new, or a session's id") }
        guard let setup, !JSONArgument.isFromFile(setup) else { return }
        do throws(CommandFailure) {
            _ = try JSONArgument.parsed(setup, name: "--setup")
        } catch {
            throw ValidationError(error.description)
        }
    }

    /// Options with these settings.
    ///
    /// - Throws: ``CommandFailure``.
    func options() async throws -> RunOptions {
        var options = RunOptions(wait: false)
        if let json = try await JSONArgument.json(setup, flag: "--setup") { options.setup = json }
        options.session = session
        options.webhook = webhook
        return options
    }
}
