// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// Ends of tasks that are still to be told, durable.
///
/// The store of the tasks adds a delivery in the transaction that ends a task with a webhook, due at once; so none is
/// lost. A task that is removed takes its delivery along.
public protocol WebhookOutbox: Sendable {
    /// Takes deliveries that are due: each counts one attempt more and is due again at `heldUntil`, so that no other
    /// sender takes it and a sender that dies loses none. Until then, or until it is postponed, it is under way.
    ///
    /// One after the other is taken of the team that has the fewest under way, of teams with as many and within a team
    /// the one that waits longest.
    ///
    /// - Parameters:
    ///   - limit: most deliveries taken.
    ///   - teamLimit: most deliveries of a team that are under way. Who has so many waits.
    func takeDueWebhooks(
        at time: Timestamp, heldUntil: Timestamp, limit: Int, teamLimit: Int
    ) async throws -> [WebhookDelivery]

    /// Makes a delivery due at that time, and no longer under way. Nothing if there is none.
    ///
    /// - Parameter countsAttempt: false takes back the attempt that taking it had counted.
    func postponeWebhook(taskID: String, until time: Timestamp, countsAttempt: Bool) async throws

    /// When the next delivery is due, those that a sender holds included; nil if there is none.
    func nextWebhookTime() async throws -> Timestamp?

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
