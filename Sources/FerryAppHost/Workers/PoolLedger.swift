// SPDX-License-Identifier: Apache-2.0

/// Who gets which worker, and which one has to go. Pure: what happens goes in, what to do comes out.
struct PoolLedger: Sendable {
    /// A worker, or the place for one.
    typealias Slot = Int
    /// Somebody who wants a worker.
    typealias Waiter = Int

    enum Decision: Sendable, Hashable {
        /// That worker is the waiter's.
        case use(Slot, Waiter)
        /// A worker is to be made for the waiter in that place.
        case start(Slot, Waiter)
        /// That idle worker has to end.
        case end(Slot)
    }

    private enum Condition: Sendable {
        /// Since the event of that number.
        case idle(since: Int)
        case busy
        case ending
    }

    private struct Entry: Sendable {
        let key: WorkerKey
        var condition: Condition
    }

    private struct Request: Sendable {
        let waiter: Waiter
        let key: WorkerKey
        let concurrency: Int
    }

    /// Most workers in all.
    let capacity: Int
    private var entries: [Slot: Entry] = [:]
    private var queue: [Request] = []
    private var lastSlot = 0
    private var events = 0

    init(capacity: Int) { self.capacity = max(1, capacity) }

    /// Places that are taken.
    var count: Int { entries.count }
    var slots: [Slot] { Array(entries.keys) }

    /// Somebody wants a worker, of which the version may have so many.
    mutating func request(_ waiter: Waiter, _ key: WorkerKey, concurrency: Int) -> [Decision] {
        queue.append(Request(waiter: waiter, key: key, concurrency: max(1, concurrency)))
        return decide()
    }

    /// Somebody has changed his mind. False if he has a worker already.
    mutating func withdraw(_ waiter: Waiter) -> (wasWaiting: Bool, [Decision]) {
        let count = queue.count
        queue.removeAll { $0.waiter == waiter }
        return (queue.count < count, decide())
    }

    /// A worker has no task any more and can have the next. Gives the number by which its idleness is known.
    mutating func giveBack(_ slot: Slot) -> (idleness: Int?, [Decision]) {
        guard entries[slot] != nil else { return (nil, decide()) }
        events += 1
        let idleness = events
        entries[slot]?.condition = .idle(since: idleness)
        return (idleness, decide())
    }

    /// A worker is over.
    mutating func lose(_ slot: Slot) -> [Decision] {
        entries[slot] = nil
        return decide()
    }

    /// A worker has been idle for long enough; nothing happens if it was used since.
    mutating func expire(_ slot: Slot, idleness: Int) -> [Decision] {
        guard case .idle(idleness) = entries[slot]?.condition else { return [] }
        entries[slot]?.condition = .ending
        return [.end(slot)]
    }

    /// Who waited longest comes first. One who waits for room is overtaken only by those who need none.
    private mutating func decide() -> [Decision] {
        var decisions: [Decision] = []
        var left: [Request] = []
        var isRoomAwaited = false
        // Workers that end already will make room for as many.
        var ending = entries.values.count { if case .ending = $0.condition { true } else { false } }
        for request in queue {
            if let slot = oldestIdle(where: { $0 == request.key }) {
                entries[slot]?.condition = .busy
                decisions.append(.use(slot, request.waiter))
                continue
            }
            let ofVersion = entries.filter { $0.value.key.version == request.key.version }
            let isVersionFull = ofVersion.count >= request.concurrency
            if !isVersionFull, !isRoomAwaited, entries.count < capacity {
                lastSlot += 1
                entries[lastSlot] = Entry(key: request.key, condition: .busy)
                decisions.append(.start(lastSlot, request.waiter))
                continue
            }
            left.append(request)
            if isVersionFull {
                let isAnyEnding = ofVersion.values.contains { if case .ending = $0.condition { true } else { false } }
                guard !isAnyEnding,
                    let slot = oldestIdle(where: { $0.version == request.key.version })
                else { continue }
                entries[slot]?.condition = .ending
                decisions.append(.end(slot))
            } else {
                isRoomAwaited = true
                if ending > 0 {
                    ending -= 1
                } else if let slot = oldestIdle(where: { _ in true }) {
                    entries[slot]?.condition = .ending
                    decisions.append(.end(slot))
                }
            }
        }
        queue = left
        return decisions
    }

    private func oldestIdle(where isWanted: (WorkerKey) -> Bool) -> Slot? {
        var best: (slot: Slot, since: Int)?
        for (slot, entry) in entries where isWanted(entry.key) {
            if case .idle(let since) = entry.condition, since < best?.since ?? .max { best = (slot, since) }
        }
        return best?.slot
    }
}
