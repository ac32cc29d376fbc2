// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// What a server has to do although nobody asks anything of it.
struct StandingWork: Sendable {
    /// How soon a delivery must be due to be waited for, in seconds: 10 minutes. One whose next try is later waits for
    /// the next server.
    static let deliveryHorizon: Int64 = 600

    /// How many tasks have not ended.
    var unfinishedTasks: @Sendable () async throws -> Int
    /// Whether an agent is at work, perhaps between two tasks.
    var isAgentAtWork: @Sendable () async throws -> Bool
    /// How many sessions are active; their workers go with the server.
    var activeSessions: @Sendable () async throws -> Int
    /// When the next delivery to a webhook is due; nil if none is.
    var nextDelivery: @Sendable () async throws -> Timestamp?

    /// Whether there is an unfinished task, an agent at work, an active session, or a delivery that is due soon. What cannot be found out is
    /// taken for work: a store that fails for a moment must not end the server.
    func isAny(at now: Timestamp) async -> Bool {
        do {
            if try await unfinishedTasks() > 0 { return true }
            if try await isAgentAtWork() { return true }
            if try await activeSessions() > 0 { return true }
            guard let due = try await nextDelivery() else { return false }
            return due <= now.advanced(bySeconds: Self.deliveryHorizon)
        } catch {
            return true
        }
    }
}
