// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire

extension FileIndexConformance {
    static let listChecks: [(String, Checks<any FileIndex>.Body)] = [
        ("paging gives each record once, forward and back, among equal times too", { try await lists($0).paging($1) }),
        ("a page may begin where no record is", { try await lists($0).positionWithoutRecord($1) }),
        ("limits and teams at the edges", { try await lists($0).edges($1) }),
        ("every comparison does what it says", { try await lists($0).conditionsOfEveryKind($1) }),
        ("conditions that make no sense are refused", { try await lists($0).impossibleConditions($1) }),
        ("every field of a file can be compared", everyField),
        ("patterns match as documented", patterns),
        ("what has no value meets what is documented", noValue),
        ("orders of every kind page forward and back", orders),
        ("a search looks in the fields named", searches),
        ("files whose time is over are not listed", lifetimes),
    ]

    private static func lists(_ index: any FileIndex) -> ListConformance<FileRecord> {
        ListConformance(
            make: { FileRecord.sample(id: $2, teamID: $0, createdAt: $1) }, insert: { try await index.insert($0) },
            list: { try await index.list($0) })
    }

    private static let everyField: Checks<any FileIndex>.Body = { index, check in
        let team = Identifier.random()
        let time = Timestamp.sample
        let plain = FileRecord.sample(teamID: team)
        var rich = FileRecord.sample(
            teamID: team, createdAt: time.advanced(bySeconds: 10), filename: "a.txt", contentType: "text/plain",
            declaredSize: 5, path: "/p", category: "docs", isPublic: true, blob: .sample(size: 77))
        rich.updatedAt = time.advanced(bySeconds: 20)
        let declared = FileRecord.sample(
            teamID: team, createdAt: time.advanced(bySeconds: -10), filename: "b", contentType: "c/d", declaredSize: 5)
        try await index.insert([plain, rich, declared])
        func ids(_ field: String, _ operation: ListFilter.Operation, _ value: RecordQuery.Value) async throws
            -> Set<String>
        {
            let condition = RecordQuery.Condition(field: field, operation: operation, values: [value])
            return Set(
                try await index.list(RecordQuery(teamID: team, conditions: [condition], limit: 10)).map(\.id))
        }
        for (field, value) in [
            ("id", rich.id), ("filename", "a.txt"), ("content_type", "text/plain"), ("path", "/p"),
            ("category", "docs"), ("visibility", "public"),
        ] {
            try check.equal(try await ids(field, .eq, .text(value)), [rich.id], "\(field) eq")
        }
        try check.equal(try await ids("visibility", .eq, .text("team")), [plain.id, declared.id], "visibility team")
        try check.equal(try await ids("size", .eq, .integer(77)), [rich.id], "the stored size")
        try check.equal(try await ids("size", .eq, .integer(5)), [declared.id], "the declared size")
        try check.equal(try await ids("size", .eq, .integer(0)), [plain.id], "no size")
        try check.equal(try await ids("size", .gt, .integer(4)), [rich.id, declared.id], "size gt")
        try check.equal(
            try await ids("created_at", .lt, .integer(time.microseconds)), [declared.id], "created_at lt")
        try check.equal(
            try await ids("updated_at", .eq, .integer(time.advanced(bySeconds: 20).microseconds)), [rich.id],
            "updated_at eq")
    }

    private static let patterns: Checks<any FileIndex>.Body = { index, check in
        let team = Identifier.random()
        let names = [
            "photo.PNG", "photo.jpg", "100%.txt", "a_b", "aXb", "É.txt", "e\u{301}.txt", "[x]*?", "back\\slash",
        ]
        try await index.insert(names.map { FileRecord.sample(teamID: team, filename: $0) })
        let cases: [(ListFilter.Operation, String, Set<String>)] = [
            (.like, "photo.%", ["photo.PNG", "photo.jpg"]), (.like, "%.png", []), (.ilike, "%.png", ["photo.PNG"]),
            (.like, "PHOTO.___", []), (.ilike, "PHOTO.___", ["photo.PNG", "photo.jpg"]),
            (.like, "a_b", ["a_b", "aXb"]), (.like, "a\\_b", ["a_b"]), (.ilike, "A\\_B", ["a_b"]),
            (.like, "%\\\\%", ["back\\slash"]), (.ilike, "%\\\\%", ["back\\slash"]), (.like, "100\\%%", ["100%.txt"]),
            (.like, "_.txt", ["É.txt"]), (.like, "é.txt", []), (.ilike, "é.txt", []), (.ilike, "É.TXT", ["É.txt"]),
            (.like, "e_.txt", ["e\u{301}.txt"]), (.like, "[x]*?", ["[x]*?"]), (.ilike, "[x]*?", ["[x]*?"]),
            (.like, "[x]*", []), (.like, "", []), (.like, "%%%o%%%o%%%", ["photo.PNG", "photo.jpg"]),
            (.like, "photo", []), (.like, "%%", Set(names)), (.like, "p*", []), (.like, "photo.???", []),
            (.contains, "%", ["100%.txt"]), (.contains, "ck\\sl", ["back\\slash"]), (.contains, "PNG", ["photo.PNG"]),
            (.contains, "png", []), (.contains, "", Set(names)),
            (.notContains, "o", Set(names.filter { !$0.contains("o") })),
        ]
        for (operation, pattern, expected) in cases {
            let condition = RecordQuery.Condition(field: "filename", operation: operation, values: [.text(pattern)])
            let found = try await index.list(RecordQuery(teamID: team, conditions: [condition], limit: 100))
            try check.equal(
                Set(found.map { Array($0.filename.utf8) }), Set(expected.map { Array($0.utf8) }),
                "names \(operation.rawValue) \(pattern.debugDescription)")
        }
    }
}
