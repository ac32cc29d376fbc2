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

    /// What kind of task a worker has, or had last. Each kind has places of its own.
    enum Lane: Sendable, Hashable, CaseIterable {
        case ordinary
        case chat
    }

    private enum Condition: Sendable {
        /// Since the event of that number.
        case idle(since: Int)
        case busy
        case ending
    }

    private struct Entry: Sendable {
        let key: WorkerKey
        var lane: Lane
        var condition: Condition

        var isIdle: Bool { if case .idle = condition { true } else { false } }
        var isEnding: Bool { if case .ending = condition { true } else { false } }
    }

    private struct Request: Sendable {
        let waiter: Waiter
        let key: WorkerKey
        let concurrency: WorkerConcurrency
        let lane: Lane
    }

    /// Most workers of each kind.
    private let capacity: [Lane: Int]
    /// Most workers of chats that are kept idle.
    private let idleChats: Int
    private var entries: [Slot: Entry] = [:]
    private var queue: [Request] = []
    private var lastSlot = 0
    private var events = 0

    /// - Parameters:
    ///   - capacity: most workers of ordinary tasks.
    ///   - chatCapacity: most workers of chats.
    ///   - idleChats: most of those that are kept without a task.
    init(capacity: Int, chatCapacity: Int = 1, idleChats: Int = 1) {
        self.capacity = [.ordinary: max(1, capacity), .chat: max(1, chatCapacity)]
        self.idleChats = max(0, idleChats)
    }

    /// Places that are taken.
    var count: Int { entries.count }
    var slots: [Slot] { Array(entries.keys) }

    /// Places of one kind that are taken.
    func count(_ lane: Lane) -> Int { entries.values.count { $0.lane == lane } }

    /// Somebody wants a worker, of which the version may have so many.
    mutating func request(
        _ waiter: Waiter, _ key: WorkerKey, concurrency: WorkerConcurrency, lane: Lane = .ordinary
    ) -> [Decision] {
        queue.append(Request(waiter: waiter, key: key, concurrency: concurrency, lane: lane))
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
        return (idleness, decide() + trim())
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

    /// Who waited longest comes first. One who waits for room is overtaken only by those who need none of its kind.
    private mutating func decide() -> [Decision] {
        var decisions: [Decision] = []
        var left: [Request] = []
        var awaited: Set<Lane> = []
        var hasMoved = false
        // Workers that end already will make room for as many.
        var ending: [Lane: Int] = [:]
        for entry in entries.values where entry.isEnding { ending[entry.lane, default: 0] += 1 }
        for request in queue {
            let isVersionFull = isFull(request)
            let hasRoom = !isVersionFull && !awaited.contains(request.lane) && places(request.lane) > 0
            if let slot = idle(for: request, hasRoom: hasRoom) {
                hasMoved = hasMoved || entries[slot]?.lane != request.lane
                entries[slot]?.lane = request.lane
                entries[slot]?.condition = .busy
                decisions.append(.use(slot, request.waiter))
                continue
            }
            if hasRoom {
                lastSlot += 1
                entries[lastSlot] = Entry(key: request.key, lane: request.lane, condition: .busy)
                decisions.append(.start(lastSlot, request.waiter))
                continue
            }
            left.append(request)
            if isVersionFull {
                guard !entries.values.contains(where: { $0.isEnding && counts($0, for: request) }),
                    let slot = oldestIdle(where: { counts($0, for: request) })
                else { continue }
                entries[slot]?.condition = .ending
                decisions.append(.end(slot))
            } else {
                awaited.insert(request.lane)
                if ending[request.lane, default: 0] > 0 {
                    ending[request.lane, default: 0] -= 1
                } else if let slot = oldestIdle(where: { $0.lane == request.lane }) {
                    entries[slot]?.condition = .ending
                    decisions.append(.end(slot))
                }
            }
        }
        queue = left
        // A worker that changed its kind left a place that somebody may wait for.
        return hasMoved ? decisions + decide() : decisions
    }

    /// Ends idle workers of chats beyond those that are kept.
    private mutating func trim() -> [Decision] {
        var decisions: [Decision] = []
        while entries.values.count(where: { $0.lane == .chat && $0.isIdle }) > idleChats,
            let slot = oldestIdle(where: { $0.lane == .chat })
        {
            entries[slot]?.condition = .ending
            decisions.append(.end(slot))
        }
        return decisions
    }

    /// Places of a kind that are free.
    private func places(_ lane: Lane) -> Int { capacity[lane, default: 1] - count(lane) }

    /// Whether a worker is one of those that limit how many more the request's version may have.
    private func counts(_ entry: Entry, for request: Request) -> Bool {
        entry.key.version == request.key.version
            && (request.concurrency.chats == nil || entry.lane == request.lane)
    }

    private func isFull(_ request: Request) -> Bool {
        let chats = request.concurrency.chats ?? request.concurrency.ordinary
        let most = max(1, request.lane == .chat ? chats : request.concurrency.ordinary)
        return entries.values.count { counts($0, for: request) } >= most
    }

    /// An idle worker that can have the request's task: of its kind, else of another if that would have a place here.
    private func idle(for request: Request, hasRoom: Bool) -> Slot? {
        if let slot = oldestIdle(where: { $0.key == request.key && $0.lane == request.lane }) { return slot }
        // Where both kinds count as one, changing it takes no more of the version's workers.
        let isCounted = request.concurrency.chats == nil && places(request.lane) > 0
        return hasRoom || isCounted ? oldestIdle { $0.key == request.key } : nil
    }

    private func oldestIdle(where isWanted: (Entry) -> Bool) -> Slot? {
        var best: (slot: Slot, since: Int)?
        for (slot, entry) in entries where isWanted(entry) {
            if case .idle(let since) = entry.condition, since < best?.since ?? .max { best = (slot, since) }
        }
        return best?.slot
    }
}
