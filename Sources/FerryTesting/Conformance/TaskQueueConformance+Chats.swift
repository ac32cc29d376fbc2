// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire

extension TaskQueueConformance {
    private static func insertChatTask(
        in queue: Subject, team: String = Identifier.random(), after seconds: Int64 = 0
    ) async throws -> TaskRecord {
        var task = TaskRecord.sample(
            teamID: team, createdAt: start.advanced(bySeconds: seconds), status: .queued)
        task.chatID = Identifier.random()
        try await queue.insert(task)
        return task
    }

    private static func claim(_ queue: Subject, ofChats: Bool, owner: String = "me") async throws -> TaskRecord? {
        try await queue.claim(
            owner: owner, leaseUntil: start.advanced(bySeconds: 60), ofChats: ofChats, at: start)
    }

    static let kinds: Checks<Subject>.Body = { queue, check in
        let team = Identifier.random()
        let ofChats = [
            try await insertChatTask(in: queue, team: team), try await insertChatTask(in: queue, team: team, after: 1),
        ]
        let plain = try await insert(in: queue, team: team, after: 9)
        try check.equal(try await claim(queue)?.id, plain.id, "a task, asked for without a kind")
        try check.none(try await claim(queue), "another task, asked for without a kind")
        try check.none(try await claim(queue, ofChats: false), "another task")
        var expected = ofChats[0]
        expected.status = .dispatched
        expected.owner = "me"
        expected.leaseExpiresAt = start.advanced(bySeconds: 60)
        expected.attempts = 1
        expected.updatedAt = start
        expected.events.append(TaskRecord.Event(status: .dispatched, time: start))
        try check.equal(try await claim(queue, ofChats: true), expected, "a chat's task")
        try check.equal(try await claim(queue, ofChats: true)?.id, ofChats[1].id, "the next chat's task")
        try check.none(try await claim(queue, ofChats: true), "another chat's task")
    }

    static let fairnessWithinKind: Checks<Subject>.Body = { queue, check in
        let (busy, idle) = (Identifier.random(), Identifier.random())
        for second in 0..<3 {
            _ = try await insertChatTask(in: queue, team: busy, after: Int64(second))
            try check.equal(try await claim(queue, ofChats: true)?.teamID, busy, "whose chat's task it is")
        }
        var tasks: [TaskRecord] = []
        for (second, team) in [busy, busy, idle, idle].enumerated() {
            tasks.append(try await insert(in: queue, team: team, after: Int64(second)))
        }
        // Three answers under way, and three turns, do not make a team's other tasks wait.
        var order: [String?] = []
        for _ in 0..<4 { order.append(try await claim(queue, ofChats: false)?.id) }
        try check.equal(order, [0, 2, 1, 3].map { tasks[$0].id }, "the order of the other tasks")

        let third = Identifier.random()
        var chats: [TaskRecord] = []
        for (second, team) in [busy, idle, idle, third].enumerated() {
            chats.append(try await insertChatTask(in: queue, team: team, after: Int64(10 + second)))
        }
        order = []
        for _ in 0..<4 { order.append(try await claim(queue, ofChats: true)?.id) }
        try check.equal(order, [1, 3, 2, 0].map { chats[$0].id }, "the order of the chats' tasks")
    }

    static let shares: Checks<Subject>.Body = { queue, check in
        let (crowd, other) = (Identifier.random(), Identifier.random())
        for second in 0..<4 {
            _ = try await insertChatTask(in: queue, team: crowd, after: Int64(second))
            _ = try await insert(in: queue, team: crowd, after: Int64(second))
        }
        func claim(_ most: Int, ofChats: Bool = true) async throws -> String? {
            let task = try await queue.claim(
                owner: "me", leaseUntil: start.advanced(bySeconds: 60), ofChats: ofChats, maximumPerTeam: most,
                at: start)
            return task?.teamID
        }
        try check.none(try await claim(0), "a task where nobody may have one")
        for _ in 0..<2 { try check.equal(try await claim(2), crowd, "whose task it is") }
        try check.none(try await claim(2), "a third task")
        try check.equal(try await claim(1, ofChats: false), crowd, "whose task of the other kind it is")
        try check.none(try await claim(1, ofChats: false), "another of that kind")
        _ = try await insertChatTask(in: queue, team: other, after: 9)
        try check.equal(try await claim(2), other, "whose task it is, though older ones wait")
        try check.none(try await claim(2), "a task of the crowd's")
        try check.equal(try await claim(3), crowd, "whose task it is where three are allowed")
    }

    static let reclaimKinds: Checks<Subject>.Body = { queue, check in
        let ofChat = try await insertChatTask(in: queue)
        let plain = try await insert(in: queue)
        _ = try await claim(queue, ofChats: true)
        _ = try await claim(queue, ofChats: false)
        let later = start.advanced(bySeconds: 61)
        let taken = try await queue.reclaim(leaseExpiredBefore: later, error: "gone", at: later)
        try check.equal(Set(taken.map(\.id)), [ofChat.id, plain.id], "the tasks taken back")
        try check.equal(Set(taken.map(\.status)), [.queued], "their states")
        try check.equal(Set(taken.map(\.chatID)), [ofChat.chatID, nil], "their chats")
        for (kind, id) in [(true, ofChat.id), (false, plain.id)] {
            let again = try await claim(queue, ofChats: kind, owner: "you")
            try check.equal(again?.id, id, "what is claimed again")
            try check.equal(again?.attempts, 2, "the attempts")
            try check.none(try await claim(queue, ofChats: kind), "another task of the kind")
        }
    }
}
