// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// The records of sessions. What a call reports as done survives any kind of death of the process or the machine.
public protocol SessionStore: Sendable {
    /// Adds a record, unless its team has that many active sessions already.
    ///
    /// - Returns: false if it was not added for that reason.
    func insert(_ session: SessionRecord, maximumActive: Int) async throws -> Bool

    /// The session of that id, of any team, ended or not.
    func session(id: String) async throws -> SessionRecord?

    /// A team's sessions, newest first.
    func sessions(teamID: String, limit: Int) async throws -> [SessionRecord]

    /// Active sessions whose time is over then, the one that is over longest first.
    func overdue(at time: Timestamp, limit: Int) async throws -> [SessionRecord]

    /// How many sessions of all teams are active, also those whose time is over.
    func activeCount() async throws -> Int

    /// Changes an active session, all of the change or nothing. One that has ended never changes.
    ///
    /// - Parameter overdueAt: if given, the session's time must be over then.
    /// - Returns: the record as it is afterwards; nil if there is none, it has ended, or its time is not over.
    func update(
        id: String, change: SessionChange, overdueAt: Timestamp?, at time: Timestamp
    ) async throws -> SessionRecord?

    /// Removes sessions that ended before that time, at most `limit` at once, and gives how many there were.
    func removeEnded(before time: Timestamp, limit: Int) async throws -> Int
}

/// What is to become different in a session's record; what is nil stays.
public struct SessionChange: Sendable, Hashable {
    /// How the session ends.
    public var end: SessionStatus?
    /// When it expires unless it is used.
    public var expiresAt: Timestamp?
    /// The process that now keeps the worker.
    public var owner: String?
    /// Whether a call is to be counted.
    public var countsCall: Bool

    /// A change.
    public init(
        end: SessionStatus? = nil, expiresAt: Timestamp? = nil, owner: String? = nil, countsCall: Bool = false
    ) {
        self.end = end
        self.expiresAt = expiresAt
        self.owner = owner
        self.countsCall = countsCall
    }

    /// The record with this change made.
    public func applied(to record: SessionRecord, at time: Timestamp) -> SessionRecord {
        var changed = record
        changed.updatedAt = time
        if let end {
            changed.status = end
            changed.endedAt = time
        }
        if let expiresAt { changed.expiresAt = expiresAt }
        if let owner { changed.owner = owner }
        if countsCall {
            changed.callCount += 1
            changed.lastCallAt = time
        }
        return changed
    }
}
