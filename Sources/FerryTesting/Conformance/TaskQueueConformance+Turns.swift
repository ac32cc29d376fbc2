// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire

extension TaskQueueConformance {
    private static func end(_ task: TaskRecord, in queue: Subject) async throws {
        _ = try await queue.transition(
            id: task.id, to: .completed, from: [.dispatched], owner: nil, change: TaskChange(), at: start)
    }

    /// Two places and three teams, two of which have a backlog that is older.
    static let turns: Checks<Subject>.Body = { queue, check in
        let teams = (0..<3).map { _ in Identifier.random() }
        for (place, team) in teams.enumerated() {
            for second in 0..<4 {
                _ = try await insert(in: queue, team: team, after: Int64(place * 100 + second))
            }
        }
        var underWay: [TaskRecord] = []
        var order: [Int] = []
        for _ in 0..<12 {
            if underWay.count == 2 { try await end(underWay.removeFirst(), in: queue) }
            let task = try check.some(try await claim(queue), "a task")
            order.append(try check.some(teams.firstIndex(of: task.teamID), "its team"))
            underWay.append(task)
        }
        try check.equal(order, [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2], "whose turn it was")
    }

    static let sessionCalls: Checks<Subject>.Body = { queue, check in
        let team = Identifier.random()
        let session = TaskRecord.Session(id: Identifier.random(), timeout: 60)
        var calls: [TaskRecord] = []
        for second in 0..<3 {
            var task = TaskRecord.sample(
                teamID: team, createdAt: start.advanced(bySeconds: Int64(second)), status: .queued)
            task.session = session
            try await queue.insert(task)
            calls.append(task)
        }
        let alone = try await insert(in: queue, team: team, after: 100)
        let first = try check.some(try await claim(queue), "a call")
        try check.equal(first.id, calls[0].id, "the first call")
        try check.equal(try await claim(queue)?.id, alone.id, "what is taken while the call is under way")
        try check.none(try await claim(queue), "another call beside the first")
        try await end(first, in: queue)
        try check.equal(try await claim(queue)?.id, calls[1].id, "the second call")
        try check.none(try await claim(queue), "another call beside the second")
    }
}
