// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

/// The rules of sessions: a worker is kept for the calls of one caller until the session ends or nobody used it for its
/// idle time. A session does not expire while a task of it is unfinished.
package struct SessionService: Sendable {
    /// What asks for a session of its own.
    package static let new = "new"

    let store: any SessionStore
    let tasks: any TaskStore
    let runner: any AppRunner
    /// Name of this process among those that keep workers.
    let owner: String
    /// Whether no other process uses the same records: then workers of others are gone.
    let isAlone: Bool
    let limits: ServerLimits
    let clock: ServerClock

    package init(
        store: any SessionStore, tasks: any TaskStore, runner: any AppRunner, owner: String, isAlone: Bool,
        limits: ServerLimits, clock: ServerClock
    ) {
        self.store = store
        self.tasks = tasks
        self.runner = runner
        self.owner = owner
        self.isAlone = isAlone
        self.limits = limits
        self.clock = clock
    }

    /// The caller's session of that id, ended or not.
    package func session(id: String, for principal: Principal) async throws -> SessionRecord {
        try principal.require(.appsExecute)
        guard Identifier.isValid(id), let record = try await store.session(id: id),
            record.teamID == principal.team.id
        else {
            throw ServerError(
                .sessionNotFound, "no such session; check the id and that the key belongs to its team")
        }
        return record
    }

    /// The caller's sessions, newest first, at most ``ServerLimits/maximumPageSize``.
    package func list(for principal: Principal) async throws -> [SessionRecord] {
        try principal.require(.appsExecute)
        return try await store.sessions(teamID: principal.team.id, limit: limits.maximumPageSize)
    }

    /// Begins a session's idle time anew.
    package func keepAlive(id: String, by principal: Principal) async throws -> SessionRecord {
        let record = try await session(id: id, for: principal)
        try await requireUsable(record)
        return try await change(record, SessionChange(expiresAt: expiry(of: record)))
    }

    /// Ends a session and lets go of its worker; one that has ended stays as it is.
    package func end(id: String, by principal: Principal) async throws -> SessionRecord {
        let record = try await session(id: id, for: principal)
        // First the record, so that no call can begin a worker that nobody ends.
        let ended = try await store.update(
            id: id, change: SessionChange(end: .ended), overdueAt: nil, at: clock.now())
        await runner.endSession(id)
        return ended ?? record
    }

    // MARK: - Calls

    /// The session that a request wants to go on with, checked; nil if it wants none or a new one.
    func joined(by request: RunRequest, for principal: Principal) async throws -> SessionRecord? {
        if let timeout = request.sessionTimeout {
            guard request.session == Self.new else {
                throw ServerError(.validation, "/session_timeout: only with \"session\": \"new\"; leave it away")
            }
            let range = limits.sessionTimeouts
            guard range.contains(timeout) else {
                throw ServerError(
                    .validation,
                    "/session_timeout: must be from \(range.lowerBound) to \(range.upperBound) seconds")
            }
        }
        guard let id = request.session, !id.isEmpty else { return nil }
        // It would keep a worker for as long as it waits.
        guard request.runAt == nil else {
            throw ServerError(.validation, "/run_at: calls of a session are begun at once; leave it away")
        }
        guard id != Self.new else { return nil }
        let record = try await session(id: id, for: principal)
        try await requireUsable(record)
        guard request.setup.isNull || request.setup == record.setup else {
            throw ServerError(.validation, "/setup: a session keeps the setup it began with; leave it away")
        }
        return record
    }

    /// Counts a task as a call of the session it goes on with, or begins one if the request wants that.
    ///
    /// - Returns: the session; nil for a task of none.
    func enter(_ joined: SessionRecord?, _ request: RunRequest, task: TaskRecord) async throws -> SessionRecord? {
        if let joined {
            return try await change(joined, SessionChange(expiresAt: expiry(of: joined), countsCall: true))
        }
        guard request.session == Self.new else { return nil }
        let timeout = request.sessionTimeout ?? limits.defaultSessionTimeout
        let record = SessionRecord(
            id: Identifier.random(), teamID: task.teamID, userID: task.userID, createdAt: task.createdAt,
            updatedAt: task.createdAt, app: task.app, appID: task.appID, appVersionID: task.appVersionID,
            setup: task.setup, taskID: task.id, idleTimeout: timeout,
            expiresAt: task.createdAt.advanced(bySeconds: timeout), callCount: 1, lastCallAt: task.createdAt)
        var isIn = try await store.insert(record, maximumActive: limits.maximumSessions)
        if !isIn, try await endLost(ofTeam: task.teamID) {
            isIn = try await store.insert(record, maximumActive: limits.maximumSessions)
        }
        guard isIn else {
            throw ServerError(
                .workerLeased,
                "the team has \(limits.maximumSessions) sessions, each with a worker of its own; end one of them")
        }
        return record
    }

    /// Ends a session whose first task came to nothing; one that was joined goes on.
    func leave(_ session: SessionRecord?, joined: SessionRecord?) async {
        guard let session, joined == nil else { return }
        await finish(session.id, .ended)
    }

    // MARK: - Ends

    /// Ends a team's sessions whose workers went with a process that has ended. Whoever goes on with one is told that its
    /// worker is lost; until then it stays, unless its place is wanted.
    private func endLost(ofTeam teamID: String) async throws -> Bool {
        guard isAlone else { return false }
        var found = false
        for record in try await store.sessions(teamID: teamID, limit: limits.maximumPageSize)
        where record.status == .active && isLost(record) {
            if try await isBusy(record) { continue }
            await finish(record.id, .ended)
            found = true
        }
        return found
    }

    /// Ends sessions that nobody used for their idle time.
    package func sweep() async throws {
        let now = clock.now()
        for record in try await store.overdue(at: now, limit: limits.sweepBatch) {
            if try await isBusy(record) {
                let change = SessionChange(expiresAt: expiry(of: record))
                _ = try await store.update(id: record.id, change: change, overdueAt: now, at: now)
            } else {
                try await expire(record, at: now)
            }
        }
    }

    /// Forgets sessions that ended long ago.
    package func forgetEnded() async throws {
        let time = clock.now().advanced(bySeconds: -limits.sessionRetention)
        while try await store.removeEnded(before: time, limit: limits.sweepBatch) == limits.sweepBatch {}
    }

    private func expire(_ record: SessionRecord, at time: Timestamp) async throws {
        let expired = try await store.update(
            id: record.id, change: SessionChange(end: .expired), overdueAt: time, at: time)
        if expired != nil { await runner.endSession(record.id) }
    }

    /// Ends a session whatever becomes of the caller.
    func finish(_ id: String, _ end: SessionStatus) async {
        // A task of its own: it must be done though this one may have been cancelled.
        await Task { [self] in
            _ = try? await store.update(id: id, change: SessionChange(end: end), overdueAt: nil, at: clock.now())
            await runner.endSession(id)
        }.value
    }

    // MARK: - Rules

    func expiry(of record: SessionRecord) -> Timestamp { clock.now().advanced(bySeconds: record.idleTimeout) }

    /// Whether a task of it is unfinished.
    private func isBusy(_ record: SessionRecord) async throws -> Bool {
        let query = RecordQuery(
            teamID: record.teamID,
            conditions: [
                .init(field: "session_id", operation: .eq, values: [.text(record.id)]),
                .init(field: "status", operation: .lt, values: [.integer(Int64(TaskStatus.completed.rawValue))]),
            ], limit: 1)
        return try await !tasks.list(query).isEmpty
    }

    private func requireUsable(_ record: SessionRecord) async throws {
        guard record.status == .active else { throw Self.over(record) }
        let now = clock.now()
        if record.expiresAt <= now {
            guard try await isBusy(record) else {
                try await expire(record, at: now)
                throw Self.over(.expired)
            }
        }
        if isLost(record), try await !isFirstTaskUnfinished(record) {
            await finish(record.id, .ended)
            throw ServerError(.workerLost, Self.lostWorker)
        }
    }

    /// Whether its worker went with the process that kept it.
    private func isLost(_ record: SessionRecord) -> Bool {
        guard isAlone, let keeper = record.owner else { return false }
        return keeper != owner
    }

    /// Whether the task that began it is still to end: then it begins again, and so may the session.
    private func isFirstTaskUnfinished(_ record: SessionRecord) async throws -> Bool {
        try await tasks.glance(id: record.taskID)?.status.isTerminal == false
    }

    private func change(_ record: SessionRecord, _ change: SessionChange) async throws -> SessionRecord {
        if let changed = try await store.update(id: record.id, change: change, overdueAt: nil, at: clock.now()) {
            return changed
        }
        throw Self.over(try await store.session(id: record.id))
    }

    private static func over(_ record: SessionRecord?) -> ServerError { over(record?.status ?? .ended) }

    private static func over(_ status: SessionStatus) -> ServerError {
        status == .expired
            ? ServerError(.sessionExpired, "the session has expired; begin one with \"session\": \"new\"")
            : ServerError(.sessionEnded, "the session was ended; begin one with \"session\": \"new\"")
    }

    static let lostWorker = "the worker of the session is gone; begin one with \"session\": \"new\""
}
