// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryWire

/// `ferry session …`
struct SessionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "session",
        abstract: "Show sessions, keep them alive, and end them.",
        discussion: """
            A session is a worker that is kept for several runs of an app: ferry run APP --session new begins one, \
            --session ID goes on with it.

            Example: ferry session end $(ferry session list --active --quiet)
            """,
        subcommands: [SessionList.self, SessionGet.self, SessionKeep.self, SessionEnd.self])
}

/// A session as people read it.
enum SessionSummary {
    /// Its details, a line each.
    static func lines(_ session: SessionDTO) -> [String] {
        var details = Details()
        details.add("Session", session.id)
        details.add("Status", session.status.rawValue)
        details.add("Calls", "\(session.callCount)")
        details.add("Created", Moment.text(session.createdAt))
        if let time = session.lastCallAt { details.add("Last call", Moment.text(time)) }
        if session.status == .active { details.add("Expires", Moment.text(session.expiresAt)) }
        if let time = session.endedAt { details.add("Ended", Moment.text(time)) }
        if let seconds = session.idleTimeout { details.add("Idle limit", TimeSpan.shown(seconds)) }
        details.add("Version", session.appVersionID)
        details.add("Begun by", session.taskID.map { "task \($0)" } ?? "")
        return details.lines
    }

    /// Shows one session.
    static func show(_ session: SessionDTO, _ console: Console) async throws {
        switch console.format {
        case .json: try await console.json(session.json)
        case .quiet: try await console.line(session.status.rawValue)
        case .human: try await console.lines(lines(session))
        }
    }
}
