// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryServerCore
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
            "With --session new: how long the session stays without a call, in seconds, or as 5m or 1h; 1s to 1h. "
                + "(default: 5m)", valueName: "time"),
        transform: TimeSpan.reader(1...3_600))
    var sessionTimeout: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "Begin the task then: a date and time with offset, such as 2026-12-24T18:00:00Z, or a time from now, such "
                + "as +90s, +15m or +2h. (default: at once)", valueName: "time"),
        transform: StartTime.read)
    var runAt: StartTime?

    @Option(
        help: ArgumentHelp(
            "Address that the server tells of the task's end, by a POST with its record.", valueName: "url")
    )
    var webhook: String?

    /// Whether a session is begun.
    var beginsSession: Bool { session == "new" }

    func validate() throws {
        if session == "" { throw ValidationError("--session needs new, or a session's id") }
        if sessionTimeout != nil, !beginsSession {
            throw ValidationError("--session-timeout goes with --session new only")
        }
        if runAt != nil, session != nil {
            throw ValidationError("--run-at cannot go with --session: calls of a session are begun at once")
        }
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
        options.sessionTimeout = sessionTimeout.map { .seconds($0.seconds) }
        options.runAt = runAt?.time(from: ServerClock.system.now())
        options.webhook = webhook
        return options
    }
}
