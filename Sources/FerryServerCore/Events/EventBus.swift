// SPDX-License-Identifier: Apache-2.0

/// Tells those who wait that something changed; what changed they read anew. So nothing is lost by a slow reader, and
/// nothing piles up.
public protocol EventBus: Sendable {
    /// Wakes the subscribers of a topic.
    func publish(_ topic: EventTopic)

    /// Wake-ups from now on. Several that nobody took count as one.
    func subscribe(_ topic: EventTopic) -> AsyncStream<Void>
}

/// What may change.
public struct EventTopic: Sendable, Hashable {
    let name: String

    /// Changes of one task.
    public static func task(_ id: String) -> EventTopic { EventTopic(name: "task/\(id)") }
    /// A task was queued.
    public static let queue = EventTopic(name: "queue")
    /// A task with a webhook has ended.
    public static let webhooks = EventTopic(name: "webhooks")
}
