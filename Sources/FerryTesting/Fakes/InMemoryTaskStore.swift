// SPDX-License-Identifier: Apache-2.0

public import FerryServerCore
public import FerryWire
internal import Synchronization

/// Records of tasks and their queue in memory, for tests.
public final class InMemoryTaskStore: TaskStore, TaskQueue {
    private let tasks = Mutex<[String: TaskRecord]>([:])
    /// By team and kind, the number of the last claim that was its.
    private let turns = Mutex<[TaskRecord.Turn: Int]>([:])
    /// What is still to be told.
    let deliveries = Mutex<[String: PendingDelivery]>([:])

    /// An empty store.
    public init() {}

    /// Makes the webhook of a task that has just ended due.
    private func tellEnd(of task: TaskRecord) {
        guard task.status.isTerminal, let webhook = task.webhook else { return }
        let delivery = WebhookDelivery(taskID: task.id, webhook: webhook, attempts: 0)
        let pending = PendingDelivery(delivery: delivery, teamID: task.teamID, dueAt: task.updatedAt)
        deliveries.withLock { $0[task.id] = pending }
    }

    public func insert(_ task: TaskRecord) async throws {
        try Task.checkCancellation()
        try tasks.withLock { tasks in
            guard tasks[task.id] == nil else { throw ServerError(.conflict, "there is such a record already") }
            tasks[task.id] = task
        }
    }

    public func task(id: String) async throws -> TaskRecord? {
        try Task.checkCancellation()
        return tasks.withLock { $0[id] }
    }

    public func transition(
        id: String, to status: TaskStatus, from allowed: Set<TaskStatus>, owner: String?, change: TaskChange,
        at time: Timestamp
    ) async throws -> TaskRecord? {
        try Task.checkCancellation()
        return tasks.withLock { tasks in
            guard var task = tasks[id], !task.status.isTerminal, allowed.contains(task.status),
                owner == nil || task.owner == owner
            else { return nil }
            if let output = change.output { task.output = output }
            if let error = change.error { task.error = error }
            task.enter(status, at: time)
            if status == .queued, task.owner != nil, task.attempts > 0 { task.attempts -= 1 }
            if status.isTerminal || status == .queued { task.release() }
            tasks[id] = task
            tellEnd(of: task)
            return task
        }
    }

    public func appendLog(
        id: String, kind: TaskLogDTO.Kind, text: String, maximumBytes: Int, at time: Timestamp
    ) async throws {
        try Task.checkCancellation()
        tasks.withLock { tasks in
            guard !text.isEmpty, var task = tasks[id] else { return }
            var log = TaskRecord.Log(kind: kind, createdAt: time, updatedAt: time, content: "")
            if let index = task.logs.firstIndex(where: { $0.kind == kind }) { log = task.logs.remove(at: index) }
            let bytes = Array((log.content + text).utf8)
            let isCut = bytes.count > maximumBytes
            let latest = isCut ? bytes.suffix(max(maximumBytes, 0)).drop { $0 & 0xC0 == 0x80 } : bytes[...]
            log.content = String(decoding: latest, as: UTF8.self)
            log.updatedAt = time
            task.logs.append(log)
            task.logs.sort { $0.kind.rawValue < $1.kind.rawValue }
            tasks[id] = task
        }
    }

    public func list(_ query: RecordQuery) async throws -> [TaskRecord] {
        try Task.checkCancellation()
        var list = try RecordMatcher<TaskRecord>(query).list(tasks.withLock { Array($0.values) })
        for index in list.indices { list[index].logs = [] }
        return list
    }

    public func delete(id: String) async throws -> Bool {
        try Task.checkCancellation()
        return tasks.withLock { tasks in
            guard tasks[id]?.status.isTerminal == true else { return false }
            tasks[id] = nil
            deliveries.withLock { _ = $0.removeValue(forKey: id) }
            return true
        }
    }

    public func unfinishedCount() async throws -> Int {
        try Task.checkCancellation()
        return tasks.withLock { $0.values.count { !$0.status.isTerminal } }
    }

    public func claim(
        owner: String, leaseUntil: Timestamp, ofChats: Bool, maximumPerTeam: Int, at time: Timestamp
    ) async throws -> TaskRecord? {
        try Task.checkCancellation()
        return tasks.withLock { tasks in
            let underWay = tasks.values.filter(\.isUnderWay)
            let busy = Dictionary(grouping: underWay, by: \.turn).mapValues(\.count)
            let sessions = Set(underWay.compactMap { $0.session?.id })
            let queued = tasks.values.filter { task in
                task.status == .queued && task.turn.isChat == ofChats && task.runAt ?? time <= time
                    && !(task.session.map { sessions.contains($0.id) } ?? false)
                    && busy[task.turn] ?? 0 < maximumPerTeam
            }
            let turns = turns.withLock { $0 }
            let next = queued.min { $0.queueRank(busy, turns) < $1.queueRank(busy, turns) }
            guard var task = next else { return nil }
            self.turns.withLock { $0[task.turn] = ($0.values.max() ?? 0) + 1 }
            task.enter(.dispatched, at: time)
            task.owner = owner
            task.leaseExpiresAt = leaseUntil
            task.attempts += 1
            tasks[task.id] = task
            return task
        }
    }

    public func renew(id: String, owner: String, leaseUntil: Timestamp) async throws -> TaskStatus? {
        try Task.checkCancellation()
        return tasks.withLock { tasks in
            guard let task = tasks[id], task.owner == owner, !task.status.isTerminal else { return nil }
            tasks[id]?.leaseExpiresAt = leaseUntil
            return task.status
        }
    }

    public func reclaim(
        leaseExpiredBefore expiry: Timestamp, error: String, at time: Timestamp
    ) async throws -> [TaskRecord] {
        try Task.checkCancellation()
        return tasks.withLock { tasks in
            let expired = tasks.values.filter { task in
                task.isUnderWay && (task.leaseExpiresAt.map { $0 < expiry } ?? false)
            }
            return expired.map { task in
                var task = task
                let isOver = task.attempts >= task.maximumAttempts
                let status: TaskStatus = task.status == .cancelling ? .cancelled : isOver ? .failed : .queued
                if status == .failed { task.error = error }
                task.enter(status, at: time)
                task.release()
                tasks[task.id] = task
                tellEnd(of: task)
                return task
            }
        }
    }
}

extension TaskRecord {
    fileprivate var isUnderWay: Bool { status >= .dispatched && !status.isTerminal }

    /// Who takes turns with whom.
    fileprivate struct Turn: Hashable {
        var teamID: String
        var isChat: Bool
    }

    fileprivate var turn: Turn { Turn(teamID: teamID, isChat: chatID != nil) }

    fileprivate func queueRank(_ busy: [Turn: Int], _ turns: [Turn: Int]) -> (Int, Int, Int64, String) {
        (busy[turn] ?? 0, turns[turn] ?? 0, dueAt.microseconds, id)
    }

    fileprivate mutating func enter(_ status: TaskStatus, at time: Timestamp) {
        self.status = status
        updatedAt = time
        events.append(Event(status: status, time: time))
    }

    fileprivate mutating func release() {
        owner = nil
        leaseExpiresAt = nil
    }
}
