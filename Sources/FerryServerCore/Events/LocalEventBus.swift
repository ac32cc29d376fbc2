// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// An event bus within one process.
public final class LocalEventBus: EventBus {
    private struct Registry {
        var nextID: UInt64 = 0
        var observers: [EventTopic: [UInt64: @Sendable () -> Void]] = [:]
    }

    private let registry = Mutex(Registry())

    /// A bus without subscribers.
    public init() {}

    public func publish(_ topic: EventTopic) {
        let observers = registry.withLock { $0.observers[topic].map { Array($0.values) } ?? [] }
        for wake in observers { wake() }
    }

    public func subscribe(_ topic: EventTopic) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = add(topic) { continuation.yield() }
        continuation.onTermination = { [weak self] _ in self?.remove(topic, id) }
        return stream
    }

    public func observe(_ topic: EventTopic, _ wake: @escaping @Sendable () -> Void) -> EventObservation {
        let id = add(topic, wake)
        return EventObservation { [weak self] in self?.remove(topic, id) }
    }

    private func add(_ topic: EventTopic, _ wake: @escaping @Sendable () -> Void) -> UInt64 {
        registry.withLock { registry in
            registry.nextID += 1
            registry.observers[topic, default: [:]][registry.nextID] = wake
            return registry.nextID
        }
    }

    private func remove(_ topic: EventTopic, _ id: UInt64) {
        registry.withLock { registry in
            registry.observers[topic]?[id] = nil
            if registry.observers[topic]?.isEmpty == true { registry.observers[topic] = nil }
        }
    }

    /// How many subscriptions and observations there are.
    package var subscriberCount: Int { registry.withLock { $0.observers.values.map(\.count).reduce(0, +) } }
}
