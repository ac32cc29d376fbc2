// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire

/// What every list by ``RecordQuery`` must do, whatever the records are.
struct ListConformance<Record: ListedRecord & Equatable> {
    /// Makes a record of a team, a time and an id.
    let make: @Sendable (_ teamID: String, _ createdAt: Timestamp, _ id: String) -> Record
    let insert: @Sendable ([Record]) async throws -> Void
    let list: @Sendable (RecordQuery) async throws -> [Record]

    private func position(_ record: Record) -> RecordQuery.Position {
        record.position(in: RecordQuery(teamID: record.teamID, limit: 0))
    }

    private func createdAt(_ record: Record) -> Timestamp {
        guard case .integer(let time)? = record.listValue("created_at") else { return Timestamp(microseconds: .min) }
        return Timestamp(microseconds: time)
    }

    /// Records of two teams, many with equal times, added in no order; newest first.
    private func fill(_ count: Int, seed: UInt64) async throws -> (teamID: String, newestFirst: [Record]) {
        var random = SeededGenerator(seed: seed)
        let team = Identifier.random(using: &random)
        let other = Identifier.random(using: &random)
        let records = (0..<count).map { _ in
            let offset = Int64.random(in: 0...3, using: &random)
            return make(team, Timestamp.sample.advanced(bySeconds: offset), Identifier.random(using: &random))
        }
        let foreign = (0..<10).map { _ in make(other, .sample, Identifier.random(using: &random)) }
        try await insert((records + foreign).shuffled(using: &random))
        return (team, records.sorted(by: isNewer))
    }

    private func isNewer(_ lhs: Record, _ rhs: Record) -> Bool {
        createdAt(lhs) == createdAt(rhs)
            ? rhs.id.utf8.lexicographicallyPrecedes(lhs.id.utf8) : createdAt(lhs) > createdAt(rhs)
    }

    /// Paging forward gives each record once, newest first; paging back mirrors it.
    func paging(_ check: Checker) async throws {
        let (team, expected) = try await fill(53, seed: 7)
        for limit in [1, 2, 7, 53, 100] {
            var found: [Record] = []
            while true {
                let query = RecordQuery(teamID: team, position: found.last.map(position), limit: limit)
                let page = try await list(query)
                try check.require(page.count <= limit, "\(page.count) records for a limit of \(limit)")
                found += page
                guard page.count == limit else { break }
                try check.require(found.count <= expected.count, "records come twice with a limit of \(limit)")
            }
            try check.require(found == expected, "forward with a limit of \(limit): other records or order")

            var back: [Record] = []
            let oldest = try check.some(expected.last, "a record")
            while true {
                let place = position(back.first ?? oldest)
                let page = try await list(
                    RecordQuery(teamID: team, position: place, isBackward: true, limit: limit))
                try check.require(page.count <= limit, "\(page.count) records back for a limit of \(limit)")
                back = page + back
                guard page.count == limit else { break }
                try check.require(back.count <= expected.count, "records come twice going back")
            }
            try check.require(back == Array(expected.dropLast()), "back with a limit of \(limit): other records")
        }
    }

    /// A position need not be that of a record that is still there.
    func positionWithoutRecord(_ check: Checker) async throws {
        let (team, expected) = try await fill(20, seed: 8)
        let middle = expected[10]
        let between = RecordQuery.Position(createdAt: createdAt(middle), id: middle.id + "a")
        let older = try await list(RecordQuery(teamID: team, position: between, limit: 100))
        try check.require(older == Array(expected[10...]), "the records from a place between two")
        let newer = try await list(RecordQuery(teamID: team, position: between, isBackward: true, limit: 100))
        try check.require(newer == Array(expected[..<10]), "the records back from a place between two")
    }

    func edges(_ check: Checker) async throws {
        let (team, expected) = try await fill(5, seed: 9)
        for limit in [0, -1, .min] {
            let none = try await list(RecordQuery(teamID: team, limit: limit))
            try check.equal(none.count, 0, "records for a limit of \(limit)")
        }
        let all = try await list(RecordQuery(teamID: team, limit: .max))
        try check.require(all == expected, "the largest limit does not give all records")
        let oldest = try await list(RecordQuery(teamID: team, isBackward: true, limit: 2))
        try check.require(oldest == Array(expected.suffix(2)), "back from the end: not the oldest records")
        for stranger in ["", "%", team + "\0", team.uppercased(), Identifier.random()] {
            let records = (try? await list(RecordQuery(teamID: stranger, limit: 10))) ?? []
            try check.equal(records.count, 0, "records of the team \(stranger.debugDescription)")
        }
    }

    func conditionsOfEveryKind(_ check: Checker) async throws {
        let (team, expected) = try await fill(12, seed: 10)
        func find(_ operation: ListFilter.Operation, _ ids: [String]) async throws -> [Record] {
            let condition = RecordQuery.Condition(
                field: "id", operation: operation, values: ids.map(RecordQuery.Value.text))
            return try await list(RecordQuery(teamID: team, conditions: [condition], limit: 100))
        }
        let ids = expected.map(\.id)
        func records(where holds: (String) -> Bool) -> [Record] { expected.filter { holds($0.id) } }
        let id = ids[4]
        try check.require(try await find(.eq, [id]) == records { $0 == id }, "eq")
        try check.require(try await find(.neq, [id]) == records { $0 != id }, "neq")
        try check.require(try await find(.in, [id, ids[7], "x"]) == records { [id, ids[7]].contains($0) }, "in")
        try check.require(try await find(.in, []).isEmpty, "in of no values")
        try check.require(
            try await find(.notIn, [id, ids[7], "x"]) == records { ![id, ids[7]].contains($0) }, "not_in")
        try check.require(try await find(.notIn, []) == expected, "not_in of no values")
        try check.require(try await find(.gt, [id]) == records { $0 > id }, "gt")
        try check.require(try await find(.gte, [id]) == records { $0 >= id }, "gte")
        try check.require(try await find(.lt, [id]) == records { $0 < id }, "lt")
        try check.require(try await find(.lte, [id]) == records { $0 <= id }, "lte")
        try check.require(try await find(.contains, [String(id.dropFirst(2).prefix(20))]) == [expected[4]], "contains")
        try check.require(try await find(.notContains, [id]) == records { $0 != id }, "not_contains")
        for (operation, all) in [(ListFilter.Operation.isNull, false), (.isNotNull, true), (.isEmpty, false)] {
            try check.require(try await find(operation, []) == (all ? expected : []), "\(operation)")
        }
        try check.require(try await find(.isNotEmpty, []) == expected, "is_not_empty")
        try check.require(try await find(.like, ["%"]) == expected, "like %")
        try check.require(
            try await find(.like, [id.prefix(3) + "%"]) == records { $0.hasPrefix(id.prefix(3)) }, "like a beginning")
        try check.require(try await find(.like, ["%" + id.uppercased()]).isEmpty, "like an id in upper case")
        try check.require(
            try await find(.ilike, [id.prefix(3).uppercased() + "%"]) == records { $0.hasPrefix(id.prefix(3)) },
            "ilike a beginning in upper case")

        let time = Timestamp.sample.advanced(bySeconds: 1)
        let range = RecordQuery.Condition(
            field: "created_at", operation: .gt, values: [.integer(time.microseconds)])
        let both = try await list(
            RecordQuery(
                teamID: team,
                conditions: [range, RecordQuery.Condition(field: "id", operation: .neq, values: [.text(id)])],
                limit: 100))
        try check.require(
            both == expected.filter { createdAt($0) > time && $0.id != id }, "two conditions")
    }

    func impossibleConditions(_ check: Checker) async throws {
        let (team, expected) = try await fill(3, seed: 11)
        func refused(_ what: String, _ condition: RecordQuery.Condition) async throws {
            try await check.refuses(what, with: .validation) {
                try await list(RecordQuery(teamID: team, conditions: [condition], limit: 10))
            }
        }
        for field in ["", "nothing", "team_id", "blob_key", "input", "id; DROP TABLE files", "ID", "1=1 OR id"] {
            try await refused(
                "the field \(field.debugDescription)",
                RecordQuery.Condition(field: field, operation: .eq, values: [.text("x")]))
        }
        for operation in ListFilter.Operation.allCases where operation.arity == .one {
            try await refused(
                "\(operation) of no value", RecordQuery.Condition(field: "id", operation: operation, values: []))
            try await refused(
                "\(operation) of two values",
                RecordQuery.Condition(field: "id", operation: operation, values: [.text("a"), .text("b")]))
        }
        for operation in ListFilter.Operation.allCases where operation.arity == .none {
            try await refused(
                "\(operation) of a value",
                RecordQuery.Condition(field: "id", operation: operation, values: [.text("a")]))
        }
        try await refused(
            "a pattern that ends in an escape",
            RecordQuery.Condition(field: "id", operation: .like, values: [.text("a\\")]))
        try await refused(
            "a number for an id", RecordQuery.Condition(field: "id", operation: .eq, values: [.integer(1)]))
        try await refused(
            "a text for a time", RecordQuery.Condition(field: "created_at", operation: .gt, values: [.text("2026")]))
        try await refused(
            "a pattern for a time",
            RecordQuery.Condition(field: "created_at", operation: .like, values: [.integer(1)]))
        try await refused(
            "a very long pattern",
            RecordQuery.Condition(
                field: "id", operation: .like, values: [.text(String(repeating: "%a", count: 50_000))]))
        for field in ["nothing", "team_id", "id; DROP TABLE files", "created_at"] {
            try await check.refuses("a search in \(field)", with: .validation) {
                try await list(
                    RecordQuery(
                        teamID: team, search: .init(term: "a", isExact: false, fields: ["id", field]), limit: 10))
            }
            guard field != "created_at" else { continue }
            try await check.refuses("an order by \(field)", with: .validation) {
                try await list(RecordQuery(teamID: team, sort: [.init(field: field, isDescending: true)], limit: 10))
            }
        }
        try await check.refuses("a place of another order", with: .validation) {
            try await list(
                RecordQuery(
                    teamID: team,
                    sort: [
                        .init(field: "id", isDescending: true), .init(field: "created_at", isDescending: true),
                    ],
                    position: .init(createdAt: .sample, id: "a"), limit: 10))
        }
        let all = try await list(RecordQuery(teamID: team, limit: 10))
        try check.require(all == expected, "the records afterwards")
    }
}
