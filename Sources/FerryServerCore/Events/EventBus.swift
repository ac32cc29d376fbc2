// SPDX-License-Identifier: Apache-2.0

/// Tells those who wait that something changed; what changed they read anew. So nothing is lost by a slow reader, and
/// nothing piles up.
public protocol EventBus: Sendable {
    /// Wakes the subscribers of a topic.
    func publish(_ topic: EventTopic)

    /// Wake-ups from now on. Several that nobody took count as one.
    func subscribe(_ topic: EventTopic) -> AsyncStream<Void>

    /// Calls `wake` whenever the topic changes, from now on until the observation is gone. It is called on whatever
    /// thread publishes, perhaps many at once, and must return at once.
    func observe(_ topic: EventTopic, _ wake: @escaping @Sendable () -> Void) -> EventObservation
}

/// Lasts as long as somebody holds it.
public final class EventObservation: Sendable {
    private let end: @Sendable () -> Void

    /// - Parameter end: called when nobody holds it any more.
    public init(end: @escaping @Sendable () -> Void) { self.end = end }

    deinit { end() }
}

/// What may change.
public struct EventTopic: Sendable, Hashable {
    let name: String

    /// Changes of one task.
    public static func task(_ id: String) -> EventTopic { EventTopic(name: "task/\(id)") }
    /// Changes of one chat and its messages.
    public static func chat(_ id: String) -> EventTopic { EventTopic(name: "chat/\(id)") }
    /// More of what is being said in one chat.
    public static func answer(_ chatID: String) -> EventTopic { EventTopic(name: "answer/\(chatID)") }
    /// An agent has something to do.
    public static let chats = EventTopic(name: "chats")
    /// A task was queued.
    public static let queue = EventTopic(name: "queue")
    /// A task with a webhook has ended.
    public static let webhooks = EventTopic(name: "webhooks")
}
