// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// An event bus within one process.
public final class LocalEventBus: EventBus {
    private struct Registry {
        var nextID: UInt64 = 0
        var subscribers: [EventTopic: [UInt64: AsyncStream<Void>.Continuation]] = [:]
    }

    private let registry = Mutex(Registry())

    /// A bus without subscribers.
    public init() {}

    public func publish(_ topic: EventTopic) {
        let continuations = registry.withLock { $0.subscribers[topic].map { Array($0.values) } ?? [] }
        for continuation in continuations { continuation.yield() }
    }

    public func subscribe(_ topic: EventTopic) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = registry.withLock { registry in
            registry.nextID += 1
            registry.subscribers[topic, default: [:]][registry.nextID] = continuation
            return registry.nextID
        }
        continuation.onTermination = { [weak self] _ in self?.unsubscribe(topic, id) }
        return stream
    }

    private func unsubscribe(_ topic: EventTopic, _ id: UInt64) {
        registry.withLock { registry in
            registry.subscribers[topic]?[id] = nil
            if registry.subscribers[topic]?.isEmpty == true { registry.subscribers[topic] = nil }
        }
    }

    /// How many subscriptions there are.
    package var subscriberCount: Int { registry.withLock { $0.subscribers.values.map(\.count).reduce(0, +) } }
}
