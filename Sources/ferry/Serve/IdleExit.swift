// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryServerHTTP
import ServiceLifecycle

/// Ends the server once nobody has needed it for a while: no request, no attached command, and nothing that it still has
/// to do (``StandingWork``).
///
/// Returns with the attach lock taken, so that no command can attach to a server that is going away.
struct IdleExit: Service {
    let limit: Duration
    let directory: DataDirectory
    let activity: ActivityMonitor
    let work: StandingWork

    /// - Parameters:
    ///   - limit: how long nobody must have needed the server.
    ///   - chats: the chats; nil to leave them aside.
    ///   - sessions: where sessions are; nil to leave them aside.
    ///   - outbox: where deliveries are that are due to webhooks; nil to leave them aside.
    init(
        limit: Duration, directory: DataDirectory, activity: ActivityMonitor, tasks: TaskService,
        chats: ChatService? = nil, sessions: (any SessionStore)? = nil, outbox: (any WebhookOutbox)? = nil
    ) {
        self.limit = limit
        self.directory = directory
        self.activity = activity
        work = StandingWork(
            unfinishedTasks: { try await tasks.unfinishedCount() },
            isAgentAtWork: { try await chats?.isAnyWorking() ?? false },
            activeSessions: { try await sessions?.activeCount() ?? 0 },
            nextDelivery: { try await outbox?.nextWebhookTime() })
    }

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            // A shutdown ends the wait; to throw then would make the group cut what is under way.
            while (try? await Task.sleep(for: min(limit / 4, .seconds(1)))) != nil {
                guard activity.idleTime >= limit, await !work.isAny(at: ServerClock.system.now()) else { continue }
                if let lock = try FileLock.take(directory.attachLock, .exclusive) {
                    // Kept until the process ends.
                    _ = Unmanaged.passRetained(lock)
                    return
                }
            }
        }
    }
}

extension IdleExit: CustomStringConvertible {
    /// Short: service groups log their services, and nothing inside belongs in a log.
    var description: String { "idle exit" }
}
