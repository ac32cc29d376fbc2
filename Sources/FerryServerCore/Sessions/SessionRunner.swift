// SPDX-License-Identifier: Apache-2.0

package import FerryWire

/// Runs apps, and keeps the records of sessions true while it does: which process keeps a worker, when a call ended,
/// and that a lost worker ends its session.
package struct SessionRunner: AppRunner {
    private let base: any AppRunner
    private let sessions: SessionService

    package init(_ base: any AppRunner, sessions: SessionService) {
        self.base = base
        self.sessions = sessions
    }

    package func apps() async throws -> [AppDTO] { try await base.apps() }

    package func version(_ version: String, of app: String) async throws -> AppDTO? {
        try await base.version(version, of: app)
    }

    package func endSession(_ id: String) async { await base.endSession(id) }

    package func lease(
        for job: AppJob, events: @escaping @Sendable (AppEvent) async -> Void
    ) async throws -> any AppLease {
        guard let id = job.session else { return try await base.lease(for: job, events: events) }
        try await sessions.admit(job, to: id)
        do {
            let lease = try await base.lease(for: job, events: events)
            // Making a worker may take minutes; who ended the session meanwhile found none to end.
            if try await sessions.store.session(id: id)?.status != .active {
                await lease.release()
                await base.endSession(id)
                throw AppFailure(message: "SESSION_ENDED: the session was ended before the task was begun")
            }
            return SessionLease(base: lease, session: id, sessions: sessions)
        } catch {
            await sessions.note(error, in: id)
            throw error
        }
    }
}

/// A worker at a call of its session.
private struct SessionLease: AppLease {
    let base: any AppLease
    let session: String
    let sessions: SessionService

    var workspace: any TaskWorkspace { base.workspace }

    func run(
        input: JSONValue, events: @escaping @Sendable (AppEvent) async -> Void
    ) async throws -> JSONValue {
        do {
            return try await base.run(input: input, events: events)
        } catch {
            await sessions.note(error, in: session)
            throw error
        }
    }

    func release() async {
        await base.release()
        await sessions.callEnded(in: session)
    }
}

extension SessionService {
    /// How the message of a failure begins whose cause is that a session's worker is gone.
    static let lostMark = "WORKER_LOST:"

    /// Lets a task have its session's worker, and notes that this process keeps it from now on.
    ///
    /// - Throws: ``AppFailure`` if the session is over, or its worker went with another process.
    func admit(_ job: AppJob, to id: String) async throws {
        let record = try await store.session(id: id)
        switch record?.status {
        case .active: break
        case .expired: throw AppFailure(message: "SESSION_EXPIRED: the session expired before the task was begun")
        default: throw AppFailure(message: "SESSION_ENDED: the session was ended before the task was begun")
        }
        guard let record, record.owner != owner else { return }
        // The task that began the session may be begun again: nothing went before it that could be missing.
        guard record.owner == nil || record.taskID == job.taskID else {
            await finish(id, .ended)
            throw AppFailure(message: "\(Self.lostMark) \(Self.lostWorker)")
        }
        let bound = try await store.update(
            id: id, change: SessionChange(owner: owner), overdueAt: nil, at: clock.now())
        guard bound != nil else {
            throw AppFailure(message: "SESSION_ENDED: the session was ended before the task was begun")
        }
    }

    /// Ends the session if that is what a failure means.
    func note(_ error: any Error, in id: String) async {
        guard let failure = error as? AppFailure, failure.message.utf8.starts(with: Self.lostMark.utf8) else { return }
        await finish(id, .ended)
    }

    /// Begins the idle time at the end of a call.
    func callEnded(in id: String) async {
        // A task of its own: it must be done though this one may have been cancelled.
        await Task { [self] in
            guard let record = try? await store.session(id: id), record.status == .active else { return }
            let change = SessionChange(expiresAt: expiry(of: record))
            _ = try? await store.update(id: id, change: change, overdueAt: nil, at: clock.now())
        }.value
    }
}
