// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire

extension TaskStoreConformance {
    private static let terminal: [TaskStatus] = [.completed, .failed, .cancelled, .rejected]

    static let endsOnce: Checks<any TaskStore>.Body = { store, check in
        for end in terminal {
            let task = TaskRecord.sample(status: .running)
            try await store.insert(task)
            let ended = try await store.transition(
                id: task.id, to: end, from: [.running], owner: nil, change: TaskChange(), at: .sample)
            try check.equal(ended?.status, end, "the state")
            try check.none(ended?.owner, "the owner")
            try check.none(ended?.leaseExpiresAt, "the lease")
            for next in TaskStatus.allCases where next != .unknown {
                let changed = try await store.transition(
                    id: task.id, to: next, from: Set(TaskStatus.allCases), owner: nil,
                    change: TaskChange(output: "late", error: "late"), at: .sample)
                try check.none(changed, "a change from \(end.name) to \(next.name)")
            }
            try check.equal(try await store.task(id: task.id), ended, "the record")
        }
    }

    static let endRace: Checks<any TaskStore>.Body = { store, check in
        for _ in 0..<5 {
            let task = TaskRecord.sample(status: .running)
            try await store.insert(task)
            let winners = try await withThrowingTaskGroup(of: TaskRecord?.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        try await store.transition(
                            id: task.id, to: terminal[number % 4], from: [.running], owner: nil,
                            change: TaskChange(output: .integer(Int64(number))), at: .sample)
                    }
                }
                return try await group.reduce(into: [TaskRecord]()) { winners, task in
                    if let task { winners.append(task) }
                }
            }
            try check.equal(winners.count, 1, "number of winners")
            let stored = try check.some(try await store.task(id: task.id), "the record")
            try check.equal(stored, winners[0], "the record")
            try check.equal(stored.events.count { $0.status.isTerminal }, 1, "number of ends")
        }
    }

    static let changes: Checks<any TaskStore>.Body = { store, check in
        let task = TaskRecord.sample(status: .running)
        try await store.insert(task)
        func step(_ change: TaskChange) async throws -> TaskRecord? {
            try await store.transition(
                id: task.id, to: .running, from: [.running], owner: nil, change: change, at: .sample)
        }
        let first = try await step(TaskChange(output: ["a": 1]))
        try check.equal(first?.output, ["a": 1], "the output set")
        try check.none(first?.error, "the error")
        let second = try await step(TaskChange(error: "half"))
        try check.equal(second?.output, ["a": 1], "the output kept")
        try check.equal(second?.error, "half", "the error set")
        let third = try await step(TaskChange())
        try check.equal(third?.output, ["a": 1], "the output still kept")
        try check.equal(third?.error, "half", "the error still kept")
        let fourth = try await step(TaskChange(output: .null, error: ""))
        try check.equal(fourth?.output, .null, "the output set to null")
        try check.equal(fourth?.error, "", "the error set to nothing")
    }

    static let removal: Checks<any TaskStore>.Body = { store, check in
        for status in TaskStatus.allCases where status != .unknown {
            let task = TaskRecord.sample(status: status)
            try await store.insert(task)
            try await store.appendLog(id: task.id, kind: .run, text: "log", maximumBytes: 100, at: .sample)
            try check.equal(try await store.delete(id: task.id), status.isTerminal, "removing a \(status.name) task")
            let left = try await store.task(id: task.id)
            try check.equal(left == nil, status.isTerminal, "the \(status.name) task is gone")
            if status.isTerminal {
                try check.equal(try await store.delete(id: task.id), false, "removing it again")
                // The same id again has nothing of the old one.
                try await store.insert(task)
                try check.equal(try await store.task(id: task.id), task, "a new task of that id")
            }
        }
    }

    static let counting: Checks<any TaskStore>.Body = { store, check in
        try check.equal(try await store.unfinishedCount(), 0, "at first")
        for status in TaskStatus.allCases where status != .unknown {
            try await store.insert(TaskRecord.sample(status: status))
        }
        try check.equal(try await store.unfinishedCount(), 9, "with one of each state")
    }

    static let listContents: Checks<any TaskStore>.Body = { store, check in
        let team = Identifier.random()
        var tasks: [TaskRecord] = []
        for number in 0..<3 {
            var task = TaskRecord.sample(
                teamID: team, createdAt: .sample.advanced(bySeconds: Int64(number)),
                output: ["n": .integer(Int64(number))])
            task.events += (0..<number).map {
                TaskRecord.Event(status: .queued, time: Timestamp.sample.advanced(bySeconds: Int64($0)))
            }
            try await store.insert(task)
            try await store.appendLog(id: task.id, kind: .run, text: "log", maximumBytes: 100, at: .sample)
            tasks.append(task)
        }
        let list = try await store.list(RecordQuery(teamID: team, limit: 10))
        try check.equal(list, tasks.reversed(), "the list")
    }

    static let everyField: Checks<any TaskStore>.Body = { store, check in
        let team = Identifier.random()
        let plain = TaskRecord.sample(teamID: team)
        var other = TaskRecord.sample(
            teamID: team, createdAt: .sample.advanced(bySeconds: 10), status: .failed, app: "me/x", function: "go")
        other.chatID = Identifier.random()
        for task in [plain, other] { try await store.insert(task) }
        let time = Timestamp.sample.microseconds
        let cases: [(String, ListFilter.Operation, RecordQuery.Value)] = [
            ("id", .eq, .text(other.id)), ("app", .eq, .text("me/x")), ("app", .ilike, .text("ME/%")),
            ("app", .like, .text("me/%")),
            ("function", .eq, .text("go")), ("status", .eq, .integer(11)), ("status", .gt, .integer(9)),
            ("created_at", .gt, .integer(time)), ("updated_at", .neq, .integer(time)),
            ("chat_id", .eq, .text(other.chatID ?? "")), ("chat_id", .gt, .text("")),
        ]
        for (field, operation, value) in cases {
            let condition = RecordQuery.Condition(field: field, operation: operation, values: [value])
            let found = try await store.list(RecordQuery(teamID: team, conditions: [condition], limit: 10))
            try check.equal(found.map(\.id), [other.id], "\(field) \(operation)")
        }
    }

    static let cancelled: Checks<any TaskStore>.Body = { store, check in
        let task = TaskRecord.sample(status: .running)
        try await check.refusesWhenCancelled("insert") { try await store.insert(task) }
        try check.none(try await store.task(id: task.id), "the record")
        try await store.insert(task)
        try await check.refusesWhenCancelled("transition") {
            _ = try await store.transition(
                id: task.id, to: .completed, from: [.running], owner: nil, change: TaskChange(), at: .sample)
        }
        try check.equal(try await store.task(id: task.id), task, "the record afterwards")
    }
}
