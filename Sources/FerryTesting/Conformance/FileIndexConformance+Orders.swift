// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire

extension FileIndexConformance {
    static let noValue: Checks<any FileIndex>.Body = { index, check in
        let team = Identifier.random()
        let digest = String(repeating: "a", count: 64)
        let pending = FileRecord.sample(teamID: team, path: "/p", category: "c")
        var ready = FileRecord.sample(teamID: team, blob: .sample())
        ready.expiresAt = .sample
        try await index.insert([pending, ready])
        let (none, some, both) = ([pending.id], [ready.id], [pending.id, ready.id])
        let cases: [(String, ListFilter.Operation, [RecordQuery.Value], [String])] = [
            ("sha256", .isNull, [], none), ("sha256", .isNotNull, [], some), ("sha256", .isEmpty, [], none),
            ("sha256", .isNotEmpty, [], some), ("sha256", .eq, [.text(digest)], some),
            ("sha256", .neq, [.text(digest)], none), ("sha256", .neq, [.text("b")], both),
            ("sha256", .notIn, [.text(digest)], none), ("sha256", .notContains, [.text("aa")], none),
            ("sha256", .contains, [.text("aa")], some), ("sha256", .like, [.text("%")], some),
            ("sha256", .gte, [.text("")], some), ("sha256", .lt, [.text("z")], some),
            ("expires_at", .isNull, [], none), ("expires_at", .isNotNull, [], some),
            ("expires_at", .isEmpty, [], none), ("expires_at", .isNotEmpty, [], some),
            ("expires_at", .lte, [.integer(Timestamp.sample.microseconds)], some),
            ("expires_at", .neq, [.integer(Timestamp.sample.microseconds)], none),
            ("path", .isEmpty, [], some), ("path", .isNotEmpty, [], none), ("path", .isNull, [], []),
            ("category", .isEmpty, [], some), ("size", .isEmpty, [], []), ("size", .isNotNull, [], both),
            ("user_id", .eq, [.text(ready.userID)], some),
        ]
        for (field, operation, values, expected) in cases {
            let condition = RecordQuery.Condition(field: field, operation: operation, values: values)
            let found = try await index.list(RecordQuery(teamID: team, conditions: [condition], limit: 10))
            try check.equal(Set(found.map(\.id)), Set(expected), "\(field) \(operation.rawValue)")
        }
    }

    static let orders: Checks<any FileIndex>.Body = { index, check in
        var random = SeededGenerator(seed: 21)
        let team = Identifier.random(using: &random)
        var files: [FileRecord] = []
        for _ in 0..<40 {
            var file = FileRecord.sample(
                id: Identifier.random(using: &random), teamID: team,
                filename: ["a", "b", "B", "é", "\u{1F600}"].randomElement(using: &random) ?? "",
                declaredSize: Int64.random(in: 0...3, using: &random))
            if Bool.random(using: &random) {
                file.expiresAt = Timestamp.sample.advanced(bySeconds: Int64.random(in: 0...2, using: &random))
            }
            files.append(file)
        }
        try await index.insert(files)
        let orders: [[(String, Bool)]] = [
            [("filename", false)], [("filename", true)], [("size", true)], [("id", false)], [("created_at", false)],
            [("filename", false), ("size", true)], [("filename", true), ("size", true)],
            [("expires_at", false)], [("expires_at", true)], [("expires_at", true), ("filename", false)],
            [("size", false), ("expires_at", true), ("filename", true)],
        ]
        for order in orders {
            let sort = order.map { RecordQuery.Sort(field: $0.0, isDescending: $0.1) }
            let expected = files.sorted { precedes($0, $1, order) }
            var query = RecordQuery(teamID: team, sort: sort, limit: 7)
            var found: [FileRecord] = []
            for _ in 0..<6 {
                found += try await index.list(query)
                query.position = found.last?.position(in: query)
            }
            try check.require(found == expected, "forward by \(order)")
            query.isBackward = true
            var back = [try check.some(found.last, "the last record")]
            for _ in 0..<6 {
                query.position = back.first?.position(in: query)
                back = try await index.list(query) + back
            }
            try check.require(back == expected, "back by \(order)")
        }
    }

    /// The order, told by other means than the query's own.
    private static func precedes(_ lhs: FileRecord, _ rhs: FileRecord, _ order: [(String, Bool)]) -> Bool {
        func key(_ file: FileRecord, _ field: String) -> [UInt8] {
            func big(_ number: Int64) -> [UInt8] {
                (0..<8).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
            }
            return switch field {
            case "filename": Array(file.filename.utf8)
            case "size": big(file.declaredSize ?? 0)
            case "created_at": big(file.createdAt.microseconds)
            case "expires_at": file.expiresAt.map { big($0.microseconds) } ?? []
            default: Array(file.id.utf8)
            }
        }
        for (field, isDescending) in order + [("id", order.last?.1 ?? true)] {
            let (left, right) = (key(lhs, field), key(rhs, field))
            if left != right { return left.lexicographicallyPrecedes(right) != isDescending }
        }
        return false
    }

    static let searches: Checks<any FileIndex>.Body = { index, check in
        let team = Identifier.random()
        let files = [
            FileRecord.sample(teamID: team, filename: "Holiday.png", path: "/photos"),
            FileRecord.sample(teamID: team, filename: "b.png", path: "/holiday/2026"),
            FileRecord.sample(teamID: team, filename: "100%_c.png", category: "holiday"),
            FileRecord.sample(teamID: team, filename: "holiday"), FileRecord.sample(filename: "holiday"),
        ]
        try await index.insert(files)
        let all = FileRecord.searchFields
        let cases: [(String, Bool, [String], [Int])] = [
            ("holiday", false, all, [0, 1, 2, 3]), ("HOLI", false, all, [0, 1, 2, 3]), ("holiday", true, all, [2, 3]),
            ("holiday", false, ["filename"], [0, 3]), ("holiday", false, ["path"], [1]), ("%_", false, all, [2]),
            ("_", false, all, [2]), ("\\", false, all, []), ("nowhere", false, all, []), ("holiday", false, [], []),
            ("a", false, ["sha256"], []),
        ]
        for (term, isExact, fields, expected) in cases {
            let search = RecordQuery.Search(term: term, isExact: isExact, fields: fields)
            let found = try await index.list(RecordQuery(teamID: team, search: search, limit: 10))
            try check.equal(
                Set(found.map(\.id)), Set(expected.map { files[$0].id }), "\(term) exact \(isExact) in \(fields)")
        }
    }

    static let lifetimes: Checks<any FileIndex>.Body = { index, check in
        let team = Identifier.random()
        var (over, alive) = (FileRecord.sample(teamID: team), FileRecord.sample(teamID: team))
        over.expiresAt = .sample
        alive.expiresAt = Timestamp(microseconds: Timestamp.sample.microseconds + 1)
        let staying = FileRecord.sample(teamID: team)
        try await index.insert([over, alive, staying])
        let then = try await index.list(RecordQuery(teamID: team, aliveAt: .sample, limit: 10))
        try check.equal(Set(then.map(\.id)), [alive.id, staying.id], "files listed at a time")
        let all = try await index.list(RecordQuery(teamID: team, limit: 10))
        try check.equal(all.count, 3, "files listed at no time")
    }
}
