// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

extension TaskService {
    /// The task once it has ended.
    package func ended(id: String, for principal: Principal) async throws -> TaskRecord {
        let signals = bus.signals(of: .task(id), every: .seconds(limits.heartbeatInterval))
        let task = try await task(id: id, for: principal)
        if task.status.isTerminal { return task }
        for await _ in signals {
            // Nil if it was deleted, which the next line tells.
            if try await store.glance(id: id)?.status.isTerminal == false { continue }
            return try await self.task(id: id, for: principal)
        }
        throw CancellationError()
    }

    /// As the store tells it, and what tells whether a result so far changed.
    func glance(id: String) async throws -> TaskGlance? {
        let mark = partials.mark(of: id)
        guard var seen = try await store.glance(id: id) else { return nil }
        seen.logMark ^= mark << 40
        return seen
    }

    /// A task's changes until it has ended: first its state as it is, last its end.
    ///
    /// Something comes at least every ``ServerLimits/heartbeatInterval``. A task that is deleted ends the sequence.
    package func updates(of task: TaskRecord) -> TaskUpdates { TaskUpdates(service: self, id: task.id) }
}

/// What a watcher of a task is told.
package enum TaskUpdate: Sendable {
    /// The task as it is now.
    case snapshot(TaskRecord)
    /// Nothing new.
    case heartbeat
}

/// The changes of one task. A slow reader misses states in between, never the last one.
package struct TaskUpdates: AsyncSequence, Sendable {
    package typealias Element = TaskUpdate
    package typealias Failure = any Error
    let service: TaskService
    let id: String

    package func makeAsyncIterator() -> Iterator {
        let signals = service.bus.signals(of: .task(id), every: .seconds(service.limits.heartbeatInterval))
        return Iterator(service: service, id: id, signals: ErasedIterator(signals.makeAsyncIterator()))
    }

    package struct Iterator: AsyncIteratorProtocol {
        let service: TaskService
        let id: String
        var signals: ErasedIterator
        var last: TaskGlance?
        var quiet = 0

        package mutating func next(isolation actor: isolated (any Actor)?) async throws -> TaskUpdate? {
            if last == nil {
                guard let seen = try await service.glance(id: id) else { return nil }
                return try await snapshot(seen)
            }
            while let known = last, !known.status.isTerminal, let signal = await signals.next(isolation: actor) {
                guard let seen = try await service.glance(id: id) else { return nil }
                if signal == .tick { quiet += 1 }
                if seen != known || quiet >= service.limits.heartbeatsPerSnapshot {
                    quiet = 0
                    return try await snapshot(seen)
                }
                if signal == .tick { return .heartbeat }
            }
            return nil
        }

        /// The whole task. What changes while it is read is seen again by the next look.
        private mutating func snapshot(_ seen: TaskGlance) async throws -> TaskUpdate? {
            var seen = seen
            guard let task = try await service.store.task(id: id) else { return nil }
            // The end is told once, and is the end.
            seen.status = task.status
            last = seen
            return .snapshot(service.partials.shown(task))
        }
    }

    /// Signals of whatever sequence.
    struct ErasedIterator {
        private var base: any AsyncIteratorProtocol<Signal, Never>

        init(_ base: some AsyncIteratorProtocol<Signal, Never>) { self.base = base }

        mutating func next(isolation actor: isolated (any Actor)?) async -> Signal? {
            await base.next(isolation: actor)
        }
    }
}
