// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// Sessions, each a worker that is kept for several calls: `ferry.sessions`. They are begun by a run with the option
/// `session` set to `new`, or by ``Ferry/withSession(app:timeout:_:)``.
public struct SessionsAPI: Sendable {
    let transport: Transport

    /// A session, ended or not.
    ///
    /// - Throws: ``FerryError`` (`notFound`, and what concerns the connection).
    public func get(_ id: String) async throws -> SessionDTO {
        try await transport.call(Routes.getSession, Routes.getSession.path(id))
    }

    /// The team's sessions, newest first.
    ///
    /// - Throws: ``FerryError``.
    public func list() async throws -> [SessionDTO] {
        let answer: JSONValue = try await transport.call(Routes.listSessions, Routes.listSessions.path())
        return try (answer.arrayValue ?? []).map { try transport.decode($0) }
    }

    /// Begins a session's idle time anew.
    ///
    /// - Returns: the session as it is now.
    /// - Throws: ``FerryError`` (`notFound` if there is none or it is over, and what concerns the connection).
    @discardableResult
    public func keepAlive(_ id: String) async throws -> SessionDTO {
        try await transport.call(
            Routes.keepSessionAlive, Routes.keepSessionAlive.path(id), safety: .repeatable)
    }

    /// Ends a session and lets go of its worker; one that has ended stays as it is.
    ///
    /// - Throws: ``FerryError`` (`notFound`, and what concerns the connection).
    public func end(_ id: String) async throws {
        let _: JSONValue = try await transport.call(Routes.endSession, Routes.endSession.path(id))
    }
}
