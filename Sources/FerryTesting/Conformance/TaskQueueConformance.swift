// SPDX-License-Identifier: Apache-2.0

public import FerryServerCore
internal import FerryWire

/// What every `TaskQueue` must do, together with the `TaskStore` its tasks are in.
public struct TaskQueueConformance: Sendable {
    /// A store that is a queue too.
    public typealias Subject = any TaskStore & TaskQueue

    private let make: @Sendable () async throws -> Subject

    /// The suite for queues made by `make`: each call gives an empty one of its own.
    public init(make: @escaping @Sendable () async throws -> Subject) { self.make = make }

    /// The names of the checks.
    public static var checks: [String] { suite.names }

    /// Runs every check, each on a fresh queue.
    ///
    /// - Throws: ``ConformanceFailure`` of the first check that fails.
    public func run() async throws { try await Self.suite.run(on: make) }

    private static let suite = Checks<Subject>(
        "TaskQueue",
        [
            ("an empty queue gives nothing", empty),
            ("a claimed task is dispatched, owned and counted", claiming),
            ("only queued tasks are claimed", onlyQueued),
            ("the oldest comes first, equal times in the order of ids", oldestFirst),
            ("a task that is to start later is not claimed before, and then in its turn", delays),
            ("the team with the fewest tasks under way comes first", fairness),
            ("of teams with as many tasks under way, the one served longest ago comes first", turns),
            ("calls of a session are taken one after the other", sessionCalls),
            ("tasks of chats and others are claimed apart", kinds),
            ("who has the fewest tasks, and whose turn it is, is told within the kind", fairnessWithinKind),
            ("a team that has as many under way as it may gets no more, whatever waits", shares),
            ("claims at once never give one task twice", claimRace),
            ("a lease is prolonged for its owner alone", renewing),
            ("the owner may change the state, and nobody else", ownership),
            ("a task given back to the queue is nobody's", givenBack),
            ("an expired task is queued again while attempts are left", reclaimQueues),
            ("an expired task without attempts left fails with the given error", reclaimFails),
            ("an expired task that was being cancelled becomes cancelled", reclaimCancels),
            ("a task whose lease holds stays, and so does one that ended", reclaimSpares),
            ("expired tasks of both kinds are taken back, each to its kind", reclaimKinds),
            ("an owner that lost its task cannot end it", lostOwner),
            ("a task is claimed, lost and claimed until it fails once", wholeLife),
            ("a cancelled caller claims nothing", cancelled),
        ])

    static let start = Timestamp.sample

    static func insert(
        in queue: Subject, team: String = Identifier.random(), after seconds: Int64 = 0,
        status: TaskStatus = .queued, maximumAttempts: Int = 3
    ) async throws -> TaskRecord {
        let task = TaskRecord.sample(
            teamID: team, createdAt: start.advanced(bySeconds: seconds), status: status,
            maximumAttempts: maximumAttempts)
        try await queue.insert(task)
        return task
    }

    static func claim(_ queue: Subject, owner: String = "me", lease: Int64 = 60) async throws -> TaskRecord? {
        try await queue.claim(owner: owner, leaseUntil: start.advanced(bySeconds: lease), at: start)
    }

    private static let empty: Checks<Subject>.Body = { queue, check in
        try check.none(try await claim(queue), "a task")
        let taken = try await queue.reclaim(leaseExpiredBefore: start, error: "x", at: start)
        try check.equal(taken.count, 0, "tasks taken back")
        try check.none(
            try await queue.renew(id: Identifier.random(), owner: "me", leaseUntil: start), "a lease of no task")
    }

    private static let claiming: Checks<Subject>.Body = { queue, check in
        var expected = try await insert(in: queue)
        let time = start.advanced(bySeconds: 5)
        let lease = start.advanced(bySeconds: 65)
        let found = try await queue.claim(owner: "worker 1", leaseUntil: lease, at: time)
        expected.status = .dispatched
        expected.owner = "worker 1"
        expected.leaseExpiresAt = lease
        expected.attempts = 1
        expected.updatedAt = time
        expected.events.append(TaskRecord.Event(status: .dispatched, time: time))
        try check.equal(found, expected, "the claimed task")
        try check.equal(try await queue.task(id: expected.id), expected, "the record")
        try check.none(try await claim(queue), "another task")
    }

    private static let onlyQueued: Checks<Subject>.Body = { queue, check in
        for status in TaskStatus.allCases where status != .queued && status != .unknown {
            _ = try await insert(in: queue, status: status)
        }
        try check.none(try await claim(queue), "a task")
    }

    private static let oldestFirst: Checks<Subject>.Body = { queue, check in
        let team = Identifier.random()
        var tasks: [TaskRecord] = []
        for offset in [3, 1, 2, 1, 1, 0] as [Int64] {
            tasks.append(try await insert(in: queue, team: team, after: offset))
        }
        let expected = tasks.sorted { ($0.createdAt.microseconds, $0.id) < ($1.createdAt.microseconds, $1.id) }
        var found: [String] = []
        while let task = try await claim(queue) { found.append(task.id) }
        try check.equal(found, expected.map(\.id), "the order")
    }

    private static let delays: Checks<Subject>.Body = { queue, check in
        let team = Identifier.random()
        var late = TaskRecord.sample(teamID: team, createdAt: start, status: .queued)
        late.runAt = start.advanced(bySeconds: 10)
        var past = TaskRecord.sample(
            teamID: team, createdAt: start.advanced(bySeconds: 1), status: .queued)
        past.runAt = start.advanced(bySeconds: -10)
        for task in [late, past] {
            try await queue.insert(task)
            try check.equal(try await queue.task(id: task.id), task, "the record")
        }
        let between = try await insert(in: queue, team: team, after: 5)
        let after = try await insert(in: queue, team: team, after: 11)
        func next(at seconds: Int64) async throws -> String? {
            let time = start.advanced(bySeconds: seconds)
            let task = try await queue.claim(owner: "me", leaseUntil: time.advanced(bySeconds: 60), at: time)
            return task?.id
        }
        try check.equal(try await next(at: 9), past.id, "what is claimed first")
        try check.equal(try await next(at: 9), between.id, "what is claimed second")
        _ = try await queue.transition(
            id: after.id, to: .cancelled, from: [.queued], owner: nil, change: TaskChange(), at: start)
        try check.none(try await next(at: 9), "a task claimed too early")
        try check.equal(try await next(at: 10), late.id, "what is claimed in its time")
        try check.none(try await next(at: 10), "a task claimed twice")
    }

    private static let fairness: Checks<Subject>.Body = { queue, check in
        let (busy, idle) = (Identifier.random(), Identifier.random())
        var ofBusy: [String] = []
        for second in 0..<4 { ofBusy.append(try await insert(in: queue, team: busy, after: Int64(second)).id) }
        let ofIdle = [
            try await insert(in: queue, team: idle, after: 100).id,
            try await insert(in: queue, team: idle, after: 101).id,
        ]
        var found: [String] = []
        while let task = try await claim(queue) { found.append(task.id) }
        let expected = [ofBusy[0], ofIdle[0], ofBusy[1], ofIdle[1], ofBusy[2], ofBusy[3]]
        try check.equal(found, expected, "the order")
    }

    private static let claimRace: Checks<Subject>.Body = { queue, check in
        let teams = (0..<3).map { _ in Identifier.random() }
        var expected = Set<String>()
        for number in 0..<40 { expected.insert(try await insert(in: queue, team: teams[number % 3]).id) }
        let found = try await withThrowingTaskGroup(of: [TaskRecord].self) { group in
            for number in 0..<8 {
                group.addTask {
                    var claimed: [TaskRecord] = []
                    while let task = try await claim(queue, owner: "worker \(number)") { claimed.append(task) }
                    return claimed
                }
            }
            return try await group.reduce(into: [TaskRecord]()) { $0 += $1 }
        }
        try check.equal(found.count, 40, "number of claims")
        try check.equal(Set(found.map(\.id)), expected, "the tasks claimed")
        for task in found {
            let stored = try check.some(try await queue.task(id: task.id), "the record")
            try check.equal(stored.owner, task.owner, "the owner")
            try check.equal(stored.attempts, 1, "the attempts")
        }
    }

    private static let renewing: Checks<Subject>.Body = { queue, check in
        let task = try await insert(in: queue)
        _ = try await claim(queue)
        let later = start.advanced(bySeconds: 1000)
        try check.equal(try await queue.renew(id: task.id, owner: "me", leaseUntil: later), .dispatched, "the state")
        try check.equal(try await queue.task(id: task.id)?.leaseExpiresAt, later, "the lease")
        try check.none(
            try await queue.renew(id: task.id, owner: "you", leaseUntil: start), "a lease prolonged by another")
        try check.equal(try await queue.task(id: task.id)?.leaseExpiresAt, later, "the lease")
        _ = try await queue.transition(
            id: task.id, to: .cancelling, from: [.dispatched], owner: nil, change: TaskChange(), at: start)
        try check.equal(
            try await queue.renew(id: task.id, owner: "me", leaseUntil: later), .cancelling,
            "the state seen by its owner")
    }

    private static let cancelled: Checks<Subject>.Body = { queue, check in
        let task = try await insert(in: queue)
        try await check.refusesWhenCancelled("claim") { _ = try await claim(queue) }
        try check.equal(try await queue.task(id: task.id), task, "the record")
    }
}
