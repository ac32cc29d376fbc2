// SPDX-License-Identifier: Apache-2.0

public import FerryServerCore
internal import FerryWire

/// What every `WebhookOutbox` must do, together with the `TaskStore` and queue its tasks are in.
public struct WebhookOutboxConformance: Sendable {
    /// A store that is a queue and an outbox too.
    public typealias Subject = any TaskStore & TaskQueue & WebhookOutbox

    private let make: @Sendable () async throws -> Subject

    /// The suite for outboxes made by `make`: each call gives an empty one of its own.
    public init(make: @escaping @Sendable () async throws -> Subject) { self.make = make }

    /// The names of the checks.
    public static var checks: [String] { suite.names }

    /// Runs every check, each on a fresh outbox.
    ///
    /// - Throws: ``ConformanceFailure`` of the first check that fails.
    public func run() async throws { try await Self.suite.run(on: make) }

    private static let suite = Checks<Subject>(
        "WebhookOutbox",
        [
            ("every end of a task with a webhook is due at once, and nothing else is", ends),
            ("an end by a lost lease is due too", reclaimed),
            ("what was taken is held, counted and due again", holding),
            ("what waits longest comes first, as many as wanted", order),
            ("teams take turns, and who has the fewest under way is next", fairness),
            ("a team has no more under way than allowed, and what is postponed or overdue is not", places),
            ("an attempt that is taken back was none", takingBack),
            ("the time of the next delivery is told, held or not", nextTime),
            ("a postponed delivery waits, a removed one never comes", settling),
            ("of senders at once each delivery has one", race),
            ("a task that is removed takes its delivery along", removal),
            ("a cancelled caller takes nothing", cancelled),
        ])

    private static let start = Timestamp.sample
    private static let webhook = TaskRecord.Webhook(
        url: "https://example.com/hook?secret=é", base: "http://ferry.test")

    private static func at(_ seconds: Int64) -> Timestamp { start.advanced(bySeconds: seconds) }

    private static func take(
        _ outbox: Subject, at seconds: Int64, hold: Int64 = 60, limit: Int = 10, teamLimit: Int = 100
    ) async throws -> [WebhookDelivery] {
        try await outbox.takeDueWebhooks(
            at: at(seconds), heldUntil: at(seconds + hold), limit: limit, teamLimit: teamLimit)
    }

    /// A task that ended at that second.
    private static func ended(
        in outbox: Subject, at seconds: Int64 = 0, team: String = Identifier.random()
    ) async throws -> String {
        var task = TaskRecord.sample(teamID: team, status: .uploading)
        task.webhook = webhook
        try await outbox.insert(task)
        _ = try await outbox.transition(
            id: task.id, to: .completed, from: [.uploading], owner: nil, change: TaskChange(), at: at(seconds))
        return task.id
    }

    private static let ends: Checks<Subject>.Body = { outbox, check in
        var expected = Set<String>()
        for status in [TaskStatus.running, .completed, .failed, .cancelled, .rejected] {
            for hook in [webhook, nil] {
                var task = TaskRecord.sample(status: .queued)
                task.webhook = hook
                try await outbox.insert(task)
                try check.equal(try await outbox.task(id: task.id), task, "the record")
                _ = try await outbox.transition(
                    id: task.id, to: status, from: [.queued], owner: nil, change: TaskChange(), at: start)
                if status.isTerminal, hook != nil { expected.insert(task.id) }
            }
        }
        let found = try await take(outbox, at: 0)
        try check.equal(Set(found.map(\.taskID)), expected, "the deliveries")
        try check.equal(found.count, expected.count, "their number")
        try check.require(found.allSatisfy { $0.webhook == webhook && $0.attempts == 1 }, "got \(found)")
    }

    private static let reclaimed: Checks<Subject>.Body = { outbox, check in
        var task = TaskRecord.sample(status: .queued, maximumAttempts: 1)
        task.webhook = webhook
        try await outbox.insert(task)
        _ = try await outbox.claim(owner: "me", leaseUntil: at(1), at: start)
        _ = try await outbox.reclaim(leaseExpiredBefore: at(2), error: "lost", at: at(3))
        try check.equal(try await take(outbox, at: 2).count, 0, "what is due before")
        try check.equal(try await take(outbox, at: 3).map(\.taskID), [task.id], "what is due")
    }

    private static let holding: Checks<Subject>.Body = { outbox, check in
        let id = try await ended(in: outbox)
        for (attempt, second) in [0, 60, 120].enumerated() {
            if second > 0 {
                try check.equal(try await take(outbox, at: Int64(second) - 1).count, 0, "what is held")
            }
            let found = try await take(outbox, at: Int64(second))
            try check.equal(found.map(\.taskID), [id], "what is due")
            try check.equal(found.map(\.attempts), [attempt + 1], "the attempts")
        }
    }

    private static let nextTime: Checks<Subject>.Body = { outbox, check in
        try check.none(try await outbox.nextWebhookTime(), "the time without a delivery")
        let first = try await ended(in: outbox, at: 2)
        let second = try await ended(in: outbox, at: 1)
        try check.equal(try await outbox.nextWebhookTime(), at(1), "the time of the next")
        try check.equal(try await take(outbox, at: 1).map(\.taskID), [second], "what is due")
        try check.equal(try await outbox.nextWebhookTime(), at(2), "the time beside one that is held")
        try await outbox.postponeWebhook(taskID: first, until: at(900), countsAttempt: true)
        try check.equal(try await outbox.nextWebhookTime(), at(61), "the time of one that is held")
        for id in [first, second] { try await outbox.removeWebhook(taskID: id) }
        try check.none(try await outbox.nextWebhookTime(), "the time with none left")
    }

    private static let order: Checks<Subject>.Body = { outbox, check in
        var expected: [String] = []
        for second in [3, 1, 2] as [Int64] { expected.append(try await ended(in: outbox, at: second)) }
        expected = [expected[1], expected[2], expected[0]]
        try check.equal(try await take(outbox, at: 9, limit: 0).count, 0, "none wanted")
        try check.equal(try await take(outbox, at: 9, limit: 2).map(\.taskID), Array(expected[..<2]), "the first")
        try check.equal(try await take(outbox, at: 9, limit: 2).map(\.taskID), [expected[2]], "the rest")
    }

    private static let fairness: Checks<Subject>.Body = { outbox, check in
        let (crowd, other) = (Identifier.random(), Identifier.random())
        var first: [String] = []
        for second in 0..<5 { first.append(try await ended(in: outbox, at: Int64(second), team: crowd)) }
        try check.equal(try await take(outbox, at: 9, limit: 2).map(\.taskID), Array(first[..<2]), "the crowd's")
        var late: [String] = []
        for second in [10, 11, 12] as [Int64] { late.append(try await ended(in: outbox, at: second, team: other)) }
        // The other has none under way, the crowd two: it is the other's turn twice, then they take turns.
        try check.equal(
            try await take(outbox, at: 20, limit: 5).map(\.taskID),
            [late[0], late[1], first[2], late[2], first[3]], "those of both")
        try check.equal(try await take(outbox, at: 20).map(\.taskID), [first[4]], "the last")
    }

    private static let places: Checks<Subject>.Body = { outbox, check in
        let (crowd, other) = (Identifier.random(), Identifier.random())
        var ids: [String] = []
        for second in 0..<4 { ids.append(try await ended(in: outbox, at: Int64(second), team: crowd)) }
        let late = try await ended(in: outbox, at: 5, team: other)
        try check.equal(
            Set(try await take(outbox, at: 9, teamLimit: 2).map(\.taskID)), [ids[0], ids[1], late], "the first")
        try check.equal(try await take(outbox, at: 9, teamLimit: 2).count, 0, "what has a place")
        try check.equal(try await take(outbox, at: 9, teamLimit: 0).count, 0, "what has none at all")
        try await outbox.postponeWebhook(taskID: ids[0], until: at(1000), countsAttempt: true)
        try check.equal(
            try await take(outbox, at: 10, teamLimit: 2).map(\.taskID), [ids[2]], "the postponed one's place")
        // Those whose sender died are due again and under way no longer.
        let again = try await take(outbox, at: 69, teamLimit: 3).map(\.taskID)
        try check.equal(Set(again), [ids[3], ids[1], late], "what is due again")
    }

    private static let takingBack: Checks<Subject>.Body = { outbox, check in
        let id = try await ended(in: outbox)
        for _ in 0..<3 {
            let found = try await take(outbox, at: 0)
            try check.equal(found.map(\.attempts), [1], "the attempts")
            try await outbox.postponeWebhook(taskID: id, until: start, countsAttempt: false)
        }
        try await outbox.postponeWebhook(taskID: id, until: start, countsAttempt: false)
        try check.equal(try await take(outbox, at: 0).map(\.attempts), [1], "the attempts after one too many")
    }

    private static let settling: Checks<Subject>.Body = { outbox, check in
        let (first, second) = (try await ended(in: outbox), try await ended(in: outbox))
        _ = try await take(outbox, at: 0)
        try await outbox.postponeWebhook(taskID: first, until: at(5), countsAttempt: true)
        for id in [second, second, "", "' OR 1=1 --", Identifier.random()] {
            try await outbox.removeWebhook(taskID: id)
        }
        for id in [second, "", Identifier.random()] {
            try await outbox.postponeWebhook(taskID: id, until: start, countsAttempt: true)
        }
        try check.equal(try await take(outbox, at: 4).count, 0, "what is due before")
        let found = try await take(outbox, at: 1000)
        try check.equal(found.map(\.taskID), [first], "what is due")
        try check.equal(found.map(\.attempts), [2], "the attempts")
    }

    private static let race: Checks<Subject>.Body = { outbox, check in
        var expected = Set<String>()
        for _ in 0..<20 { expected.insert(try await ended(in: outbox)) }
        let found = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var ids: [String] = []
                    while case let some = try await take(outbox, at: 0, limit: 3), !some.isEmpty {
                        ids += some.map(\.taskID)
                    }
                    return ids
                }
            }
            return try await group.reduce(into: [String]()) { $0 += $1 }
        }
        try check.equal(found.count, 20, "number of deliveries")
        try check.equal(Set(found), expected, "the deliveries")
    }

    private static let removal: Checks<Subject>.Body = { outbox, check in
        let id = try await ended(in: outbox)
        try check.equal(try await outbox.delete(id: id), true, "removing the task")
        try check.equal(try await take(outbox, at: 9).count, 0, "what is due")
    }

    private static let cancelled: Checks<Subject>.Body = { outbox, check in
        let id = try await ended(in: outbox)
        try await check.refusesWhenCancelled("taking") { _ = try await take(outbox, at: 9) }
        try check.equal(try await take(outbox, at: 9).map(\.taskID), [id], "what is due")
    }
}
