// SPDX-License-Identifier: Apache-2.0

public import FerryServerCore
internal import FerryWire

/// What every `SessionStore` must do.
public struct SessionStoreConformance: Sendable {
    private let make: @Sendable () async throws -> any SessionStore

    /// The suite for stores made by `make`: each call gives an empty one of its own.
    public init(make: @escaping @Sendable () async throws -> any SessionStore) { self.make = make }

    /// The names of the checks.
    public static var checks: [String] { suite.names }

    /// Runs every check, each on a fresh store.
    ///
    /// - Throws: ``ConformanceFailure`` of the first check that fails.
    public func run() async throws { try await Self.suite.run(on: make) }

    private static let suite = Checks<any SessionStore>(
        "SessionStore",
        [
            ("a record comes back as it was put in", roundTrip),
            ("a team has only so many active sessions, also of those begun at once", limit),
            ("a list is of one team, newest first", listing),
            ("overdue sessions are found, the longest overdue first", overdue),
            ("the active ones of all teams are counted, overdue or not", counting),
            ("a change is made whole, and counts calls", changes),
            ("one that has ended never changes", endsOnce),
            ("an end that depends on the time is made only when it is over", overdueEnd),
            ("of many ends at once one is made", endRace),
            ("ended sessions are removed once they are old", removal),
            ("a cancelled caller is told so and nothing is stored", cancelled),
        ])

    private static func sample(
        team: String = Identifier.random(), age: Int64 = 0, expiresIn: Int64 = 60, setup: JSONValue = .null
    ) -> SessionRecord {
        let made = Timestamp.sample.advanced(bySeconds: -age)
        return SessionRecord(
            id: Identifier.random(), teamID: team, userID: Identifier.random(), createdAt: made, updatedAt: made,
            app: "ferry/counter", appID: Identifier.random(), appVersionID: Identifier.random(), setup: setup,
            taskID: Identifier.random(), idleTimeout: 60, expiresAt: Timestamp.sample.advanced(bySeconds: expiresIn),
            callCount: 1, lastCallAt: made)
    }

    private static func add(_ records: [SessionRecord], to store: any SessionStore, _ check: Checker) async throws {
        for record in records {
            let isAdded = try await store.insert(record, maximumActive: 100)
            try check.require(isAdded, "a session was refused below the limit")
        }
    }

    private static let roundTrip: Checks<any SessionStore>.Body = { store, check in
        var record = sample(setup: ["model": "small", "steps": [1, 2.5]])
        try await add([record], to: store, check)
        try check.equal(try await store.session(id: record.id), record, "the session")
        try check.none(try await store.session(id: Identifier.random()), "a session that is not there")
        try await check.refuses("the same id again", with: .conflict) {
            try await store.insert(record, maximumActive: 100)
        }
        record.owner = "me"
        let changed = try await store.update(
            id: record.id, change: SessionChange(owner: "me"), overdueAt: nil, at: record.updatedAt)
        try check.equal(changed, record, "the session with an owner")
    }

    private static let limit: Checks<any SessionStore>.Body = { store, check in
        let team = Identifier.random()
        let added = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 { group.addTask { try await store.insert(sample(team: team), maximumActive: 3) } }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        try check.equal(added, 3, "number of sessions begun")
        let other = try await store.insert(sample(), maximumActive: 3)
        try check.require(other, "another team's sessions counted")
        let first = try check.some(try await store.sessions(teamID: team, limit: 10).first, "the list")
        _ = try await store.update(id: first.id, change: SessionChange(end: .ended), overdueAt: nil, at: .sample)
        let again = try await store.insert(sample(team: team), maximumActive: 3)
        try check.require(again, "a session that has ended counted")
    }

    private static let listing: Checks<any SessionStore>.Body = { store, check in
        let team = Identifier.random()
        let records = (0..<4).map { sample(team: team, age: Int64($0)) }
        try await add([records[2], records[0], records[3], records[1], sample()], to: store, check)
        try check.equal(try await store.sessions(teamID: team, limit: 3), Array(records[..<3]), "the list")
    }

    private static let overdue: Checks<any SessionStore>.Body = { store, check in
        let records = [-5, 0, 1, -9].map { sample(expiresIn: $0) }
        try await add(records, to: store, check)
        let found = try await store.overdue(at: .sample, limit: 10)
        try check.equal(found.map(\.id), [records[3], records[0], records[1]].map(\.id), "the overdue ones")
        try check.equal(try await store.overdue(at: .sample, limit: 1).map(\.id), [records[3].id], "one of them")
        _ = try await store.update(
            id: records[3].id, change: SessionChange(end: .expired), overdueAt: nil, at: .sample)
        let rest = try await store.overdue(at: .sample, limit: 10)
        try check.equal(rest.map(\.id), [records[0].id, records[1].id], "those that have not ended")
    }

    private static let counting: Checks<any SessionStore>.Body = { store, check in
        try check.equal(try await store.activeCount(), 0, "number of active sessions without any")
        let records = [-5, 5, 60].map { sample(expiresIn: $0) }
        try await add(records, to: store, check)
        try check.equal(try await store.activeCount(), 3, "number of active sessions")
        for (record, end) in zip(records, [SessionStatus.expired, .ended]) {
            _ = try await store.update(id: record.id, change: SessionChange(end: end), overdueAt: nil, at: .sample)
        }
        try check.equal(try await store.activeCount(), 1, "number of active sessions after two ended")
    }

    private static let changes: Checks<any SessionStore>.Body = { store, check in
        let record = sample()
        try await add([record], to: store, check)
        let time = Timestamp.sample.advanced(bySeconds: 3)
        let change = SessionChange(expiresAt: time.advanced(bySeconds: 60), countsCall: true)
        let changed = try await store.update(id: record.id, change: change, overdueAt: nil, at: time)
        try check.equal(changed, change.applied(to: record, at: time), "the change")
        try check.equal(changed?.callCount, 2, "the number of calls")
        try check.equal(try await store.session(id: record.id), changed, "the session afterwards")
        let nobody = try await store.update(id: Identifier.random(), change: change, overdueAt: nil, at: time)
        try check.none(nobody, "a change of none")
    }

    private static let endsOnce: Checks<any SessionStore>.Body = { store, check in
        let record = sample()
        try await add([record], to: store, check)
        let ended = try await store.update(
            id: record.id, change: SessionChange(end: .ended), overdueAt: nil, at: .sample)
        try check.equal(ended?.status, .ended, "the state")
        try check.equal(ended?.endedAt, .sample, "the time of the end")
        for change in [SessionChange(end: .expired), SessionChange(countsCall: true), SessionChange(owner: "me")] {
            let later = Timestamp.sample.advanced(bySeconds: 9)
            try check.none(
                try await store.update(id: record.id, change: change, overdueAt: nil, at: later), "a change")
        }
        try check.equal(try await store.session(id: record.id), ended, "the session afterwards")
    }

    private static let overdueEnd: Checks<any SessionStore>.Body = { store, check in
        let record = sample(expiresIn: 1)
        try await add([record], to: store, check)
        let end = SessionChange(end: .expired)
        let early = try await store.update(id: record.id, change: end, overdueAt: .sample, at: .sample)
        try check.none(early, "an end before the time")
        let time = Timestamp.sample.advanced(bySeconds: 1)
        let late = try await store.update(id: record.id, change: end, overdueAt: time, at: time)
        try check.equal(late?.status, .expired, "the state at the time")
    }

    private static let endRace: Checks<any SessionStore>.Body = { store, check in
        let record = sample()
        try await add([record], to: store, check)
        let ends = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<8 {
                let end = SessionChange(end: number.isMultiple(of: 2) ? .ended : .expired)
                group.addTask {
                    try await store.update(id: record.id, change: end, overdueAt: nil, at: .sample) != nil
                }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        try check.equal(ends, 1, "number of ends")
    }

    private static let removal: Checks<any SessionStore>.Body = { store, check in
        let team = Identifier.random()
        let records = (0..<3).map { sample(team: team, age: Int64($0)) }
        try await add(records, to: store, check)
        for (offset, record) in records.prefix(2).enumerated() {
            _ = try await store.update(
                id: record.id, change: SessionChange(end: .ended), overdueAt: nil,
                at: .sample.advanced(bySeconds: Int64(offset)))
        }
        let time = Timestamp.sample.advanced(bySeconds: 1)
        try check.equal(try await store.removeEnded(before: time, limit: 10), 1, "number removed")
        let left = try await store.sessions(teamID: team, limit: 10).map(\.id)
        try check.equal(left, [records[1].id, records[2].id], "what is left")
    }

    private static let cancelled: Checks<any SessionStore>.Body = { store, check in
        let record = sample()
        try await check.refusesWhenCancelled("inserting") { _ = try await store.insert(record, maximumActive: 9) }
        try check.none(try await store.session(id: record.id), "the session")
    }
}
