// SPDX-License-Identifier: Apache-2.0

public import FerryServerCore
public import FerryWire
internal import Synchronization

extension InMemoryTaskStore: WebhookOutbox {
    public func takeDueWebhooks(
        at time: Timestamp, heldUntil: Timestamp, limit: Int
    ) async throws -> [WebhookDelivery] {
        try Task.checkCancellation()
        return deliveries.withLock { deliveries in
            let due = deliveries.values.filter { $0.dueAt <= time }
                .sorted { ($0.dueAt.microseconds, $0.delivery.taskID) < ($1.dueAt.microseconds, $1.delivery.taskID) }
            return due.prefix(max(limit, 0)).map { entry in
                var delivery = entry.delivery
                delivery.attempts += 1
                deliveries[delivery.taskID] = (delivery, heldUntil)
                return delivery
            }
        }
    }

    public func postponeWebhook(taskID: String, until time: Timestamp) async throws {
        try Task.checkCancellation()
        deliveries.withLock { $0[taskID]?.dueAt = time }
    }

    public func removeWebhook(taskID: String) async throws {
        try Task.checkCancellation()
        deliveries.withLock { _ = $0.removeValue(forKey: taskID) }
    }
}
