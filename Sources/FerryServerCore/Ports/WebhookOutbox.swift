// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// Ends of tasks that are still to be told, durable.
///
/// The store of the tasks adds a delivery in the transaction that ends a task with a webhook, due at once; so none is
/// lost. A task that is removed takes its delivery along.
public protocol WebhookOutbox: Sendable {
    /// Takes deliveries that are due, the longest waiting first: each counts one attempt more and is due again at
    /// `heldUntil`, so that no other sender takes it and a sender that dies loses none.
    func takeDueWebhooks(at time: Timestamp, heldUntil: Timestamp, limit: Int) async throws -> [WebhookDelivery]

    /// Makes a delivery due at that time. Nothing if there is none.
    func postponeWebhook(taskID: String, until time: Timestamp) async throws

    /// Removes a delivery that was made, or given up. Nothing if there is none.
    func removeWebhook(taskID: String) async throws
}

/// One end of a task, to be told.
public struct WebhookDelivery: Sendable, Hashable {
    /// The task.
    public var taskID: String
    /// Whom to tell, and how links in what is told begin.
    public var webhook: TaskRecord.Webhook
    /// How often it was tried, this time included.
    public var attempts: Int

    /// A delivery.
    public init(taskID: String, webhook: TaskRecord.Webhook, attempts: Int) {
        self.taskID = taskID
        self.webhook = webhook
        self.attempts = attempts
    }
}
