// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire

extension TaskQueueConformance {
    private static let afterLease = start.advanced(bySeconds: 61)

    private static func reclaim(_ queue: Subject, error: String = "the worker died") async throws -> [TaskRecord] {
        try await queue.reclaim(leaseExpiredBefore: afterLease, error: error, at: afterLease)
    }

    static let givenBack: Checks<Subject>.Body = { queue, check in
        let task = try await insert(in: queue)
        try check.equal(try await claim(queue)?.owner, "me", "the owner")
        let queued = try await queue.transition(
            id: task.id, to: .queued, from: [.dispatched], owner: "me", change: TaskChange(), at: start)
        try check.none(queued?.owner, "the owner of a task given back")
        try check.none(queued?.leaseExpiresAt, "the lease of a task given back")
        try check.equal(
            try await claim(queue, owner: "other")?.attempts, 1, "the attempts of a task that was given back")
    }

    static let ownership: Checks<Subject>.Body = { queue, check in
        let task = try await insert(in: queue)
        _ = try await claim(queue)
        func step(_ status: TaskStatus, by owner: String?) async throws -> TaskRecord? {
            try await queue.transition(
                id: task.id, to: status, from: [.dispatched, .running], owner: owner, change: TaskChange(), at: start)
        }
        try check.none(try await step(.running, by: "you"), "a step by another")
        let running = try await step(.running, by: "me")
        try check.equal(running?.owner, "me", "the owner")
        try check.equal(running?.leaseExpiresAt, start.advanced(bySeconds: 60), "the lease")
        let ended = try await step(.completed, by: "me")
        try check.equal(ended?.status, .completed, "the state")
        try check.none(ended?.owner, "the owner after the end")
        try check.none(ended?.leaseExpiresAt, "the lease after the end")
        try check.none(
            try await queue.renew(id: task.id, owner: "me", leaseUntil: afterLease), "a lease after the end")
    }

    static let reclaimQueues: Checks<Subject>.Body = { queue, check in
        var expected = try await insert(in: queue)
        _ = try await claim(queue)
        let running = try await queue.transition(
            id: expected.id, to: .running, from: [.dispatched], owner: "me", change: TaskChange(output: 1), at: start)
        expected = try check.some(running, "the running task")
        let taken = try await reclaim(queue)
        expected.status = .queued
        expected.owner = nil
        expected.leaseExpiresAt = nil
        expected.updatedAt = afterLease
        expected.events.append(TaskRecord.Event(status: .queued, time: afterLease))
        try check.equal(taken, [expected], "the tasks taken back")
        try check.equal(try await queue.task(id: expected.id), expected, "the record")
        try check.equal(try await reclaim(queue).count, 0, "tasks taken back again")
        try check.equal(try await claim(queue, owner: "you")?.attempts, 2, "the attempts")
    }

    static let reclaimFails: Checks<Subject>.Body = { queue, check in
        let task = try await insert(in: queue, maximumAttempts: 1)
        _ = try await claim(queue)
        let taken = try await reclaim(queue, error: "gone")
        try check.equal(taken.map(\.status), [.failed], "the state")
        try check.equal(taken.first?.error, "gone", "the error")
        let stored = try check.some(try await queue.task(id: task.id), "the record")
        try check.equal(stored, taken.first, "the record")
        try check.none(stored.owner, "the owner")
        try check.equal(stored.events.last, TaskRecord.Event(status: .failed, time: afterLease), "the last event")
        try check.none(try await claim(queue), "another task")
    }

    static let reclaimCancels: Checks<Subject>.Body = { queue, check in
        for attempts in [1, 3] {
            let task = try await insert(in: queue, maximumAttempts: attempts)
            _ = try await claim(queue)
            _ = try await queue.transition(
                id: task.id, to: .cancelling, from: [.dispatched], owner: nil, change: TaskChange(), at: start)
            let taken = try await reclaim(queue)
            try check.equal(taken.map(\.status), [.cancelled], "the state")
            try check.none(taken.first?.error, "the error")
            try check.none(taken.first?.owner, "the owner")
        }
    }

    static let reclaimSpares: Checks<Subject>.Body = { queue, check in
        let held = try await insert(in: queue)
        // The lease ends exactly then, not before.
        _ = try await claim(queue, lease: 61)
        let ended = try await insert(in: queue)
        _ = try await claim(queue)
        _ = try await queue.transition(
            id: ended.id, to: .completed, from: [.dispatched], owner: "me", change: TaskChange(), at: start)
        let queued = try await insert(in: queue)
        try check.equal(try await reclaim(queue).count, 0, "tasks taken back")
        try check.equal(try await queue.task(id: held.id)?.status, .dispatched, "the held task")
        try check.equal(try await queue.task(id: ended.id)?.status, .completed, "the ended task")
        try check.equal(try await queue.task(id: queued.id), queued, "the queued task")
    }

    static let lostOwner: Checks<Subject>.Body = { queue, check in
        let task = try await insert(in: queue)
        _ = try await claim(queue, owner: "old")
        _ = try await reclaim(queue)
        let again = try await claim(queue, owner: "new", lease: 600)
        try check.equal(again?.id, task.id, "the task")
        let late = try await queue.transition(
            id: task.id, to: .completed, from: Set(TaskStatus.allCases), owner: "old",
            change: TaskChange(output: "late"), at: afterLease)
        try check.none(late, "an end by the old owner")
        try check.none(
            try await queue.renew(id: task.id, owner: "old", leaseUntil: afterLease), "the old owner's lease")
        try check.equal(try await queue.task(id: task.id), again, "the record")
    }

    static let wholeLife: Checks<Subject>.Body = { queue, check in
        let task = try await insert(in: queue, maximumAttempts: 3)
        for attempt in 1...3 {
            let claimed = try check.some(try await claim(queue, owner: "w\(attempt)"), "attempt \(attempt)")
            try check.equal(claimed.attempts, attempt, "the attempts")
            _ = try await reclaim(queue, error: "died \(attempt) times")
        }
        let stored = try check.some(try await queue.task(id: task.id), "the record")
        try check.equal(stored.status, .failed, "the state")
        try check.equal(stored.error, "died 3 times", "the error")
        try check.equal(
            stored.events.map(\.status),
            [.queued, .dispatched, .queued, .dispatched, .queued, .dispatched, .failed], "the events")
    }
}
