// SPDX-License-Identifier: Apache-2.0

public import FerryServerCore
public import FerryWire
internal import Synchronization

extension InMemoryTaskStore: WebhookOutbox {
    /// A delivery and when it is due.
    struct PendingDelivery {
        var delivery: WebhookDelivery
        let teamID: String
        var dueAt: Timestamp
        /// Whether it was taken, and neither postponed nor removed since.
        var isHeld = false

        fileprivate func rank(_ busy: [String: Int]) -> (Int, Int64, String) {
            (busy[teamID] ?? 0, dueAt.microseconds, delivery.taskID)
        }
    }

    public func takeDueWebhooks(
        at time: Timestamp, heldUntil: Timestamp, limit: Int, teamLimit: Int
    ) async throws -> [WebhookDelivery] {
        try Task.checkCancellation()
        return deliveries.withLock { deliveries in
            var taken: [WebhookDelivery] = []
            var due = deliveries.values.filter { $0.dueAt <= time }
            var busy = Dictionary(grouping: deliveries.values.filter { $0.isHeld && $0.dueAt > time }, by: \.teamID)
                .mapValues(\.count)
            while taken.count < limit {
                due.removeAll { busy[$0.teamID] ?? 0 >= teamLimit }
                guard var next = due.min(by: { $0.rank(busy) < $1.rank(busy) }) else { break }
                due.removeAll { $0.delivery.taskID == next.delivery.taskID }
                busy[next.teamID, default: 0] += 1
                next.delivery.attempts += 1
                next.dueAt = heldUntil
                next.isHeld = true
                deliveries[next.delivery.taskID] = next
                taken.append(next.delivery)
            }
            return taken
        }
    }

    public func postponeWebhook(taskID: String, until time: Timestamp, countsAttempt: Bool) async throws {
        try Task.checkCancellation()
        deliveries.withLock { deliveries in
            guard var pending = deliveries[taskID] else { return }
            pending.dueAt = time
            pending.isHeld = false
            if !countsAttempt, pending.delivery.attempts > 0 { pending.delivery.attempts -= 1 }
            deliveries[taskID] = pending
        }
    }

    public func nextWebhookTime() async throws -> Timestamp? {
        try Task.checkCancellation()
        return deliveries.withLock { deliveries in deliveries.values.map(\.dueAt).min() }
    }

    public func removeWebhook(taskID: String) async throws {
        try Task.checkCancellation()
        deliveries.withLock { _ = $0.removeValue(forKey: taskID) }
    }
}
