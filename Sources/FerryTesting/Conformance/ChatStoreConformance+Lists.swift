// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import Synchronization

extension ChatStoreConformance {
    static let listChecks: [(String, Body)] = [
        ("chats: paging gives each record once, forward and back", { try await chats($0).paging($1) }),
        ("chats: a page may begin where no record is", { try await chats($0).positionWithoutRecord($1) }),
        ("chats: limits and teams at the edges", { try await chats($0).edges($1) }),
        ("chats: every comparison does what it says", { try await chats($0).conditionsOfEveryKind($1) }),
        ("chats: conditions that make no sense are refused", { try await chats($0).impossibleConditions($1) }),
        ("messages: paging gives each record once, forward and back", { try await messages($0).paging($1) }),
        ("messages: a page may begin where no record is", { try await messages($0).positionWithoutRecord($1) }),
        ("messages: limits and teams at the edges", { try await messages($0).edges($1) }),
        ("messages: every comparison does what it says", { try await messages($0).conditionsOfEveryKind($1) }),
        ("messages: conditions that make no sense are refused", { try await messages($0).impossibleConditions($1) }),
        ("every field of a chat can be compared", chatFields),
        ("a search for chats looks in the fields named", searches),
        ("every field of a message can be compared", messageFields),
        ("messages since a revision come in their order, page by page, forward and back", since),
        ("teams are apart", teams),
    ]

    private static func chats(_ store: any ChatStore) -> ListConformance<ChatRecord> {
        ListConformance(
            make: { ChatRecord.sample(id: $2, teamID: $0, createdAt: $1) },
            insert: { for chat in $0 { try await store.insert(chat) } }, list: { try await store.chats($0) })
    }

    /// Counts places, so that each is taken once.
    private final class Places: Sendable {
        private let last = Mutex<Int64>(-1)

        func next() -> Int64 {
            last.withLock { last in
                last += 1
                return last
            }
        }
    }

    /// Of every team one chat, which has the team's id.
    private static func messages(_ store: any ChatStore) -> ListConformance<ChatMessageRecord> {
        let places = Places()
        return ListConformance(
            make: { team, time, id in
                let chat = ChatRecord.sample(id: team, teamID: team).next()
                return ChatMessageRecord.sample(in: chat, id: id, order: places.next(), createdAt: time)
            },
            insert: { messages in
                for (team, messages) in Dictionary(grouping: messages, by: \.teamID) {
                    let chat = ChatRecord.sample(id: team, teamID: team)
                    try await store.insert(chat)
                    _ = try await store.commit(ChatChange(chat: chat.next(), messages: messages))
                }
            }, list: { try await store.messages($0) })
    }

    private static let chatFields: Body = { store, check in
        let team = Identifier.random()
        let plain = ChatRecord.sample(teamID: team)
        var rich = ChatRecord.sample(
            teamID: team, createdAt: .sample.advanced(bySeconds: 10), name: "Trip", description: "to Rome",
            agent: "me/helper")
        rich.status = .awaitingInput
        try await add(plain, rich, to: store)
        let (time, none, some, both) = (Timestamp.sample.microseconds, [plain.id], [rich.id], [plain.id, rich.id])
        let cases: [(String, ListFilter.Operation, [RecordQuery.Value], [String])] = [
            ("id", .eq, [.text(rich.id)], some), ("name", .eq, [.text("Trip")], some),
            ("name", .ilike, [.text("tr%")], some), ("description", .like, [.text("%Rome")], some),
            ("description", .isEmpty, [], none), ("status", .eq, [.text("awaiting_input")], some),
            ("status", .in, [.text("idle"), .text("busy")], none), ("agent", .eq, [.text("me/helper")], some),
            ("agent", .neq, [.text("me/helper")], none), ("agent", .isNull, [], none), ("agent", .isNotNull, [], some),
            ("agent", .neq, [.text("x")], both), ("user_id", .eq, [.text(plain.userID)], none),
            ("created_at", .gt, [.integer(time)], some), ("updated_at", .lte, [.integer(time)], none),
        ]
        for (field, operation, values, expected) in cases {
            let condition = RecordQuery.Condition(field: field, operation: operation, values: values)
            let found = try await store.chats(RecordQuery(teamID: team, conditions: [condition], limit: 10))
            try check.equal(Set(found.map(\.id)), Set(expected), "\(field) \(operation.rawValue)")
        }
        for (field, isDescending, expected) in [
            ("name", false, [rich, plain]), ("updated_at", true, [rich, plain]), ("agent", false, [plain, rich]),
            ("agent", true, [rich, plain]), ("status", false, [rich, plain]),
        ] {
            let sort = RecordQuery.Sort(field: field, isDescending: isDescending)
            var query = RecordQuery(teamID: team, sort: [sort], limit: 1)
            let first = try await store.chats(query)
            query.position = first.first?.position(in: query)
            let second = try await store.chats(query)
            try check.equal(first + second, expected, "chats by \(field), descending: \(isDescending)")
        }
    }

    private static let searches: Body = { store, check in
        let team = Identifier.random()
        let chats = [
            ChatRecord.sample(teamID: team, name: "Holiday plans"),
            ChatRecord.sample(teamID: team, description: "a holiday"),
            ChatRecord.sample(teamID: team, agent: "me/holiday"), ChatRecord.sample(teamID: team),
            ChatRecord.sample(name: "holiday"),
        ]
        for chat in chats { try await store.insert(chat) }
        let all = ChatRecord.searchFields
        for (term, isExact, fields, expected) in [
            ("HOLI", false, all, [0, 1, 2]), ("holiday", false, ["name"], [0]), ("me/holiday", true, all, [2]),
            ("holiday", true, all, []), ("%", false, all, []), ("a", false, [], []),
        ] as [(String, Bool, [String], [Int])] {
            let search = RecordQuery.Search(term: term, isExact: isExact, fields: fields)
            let found = try await store.chats(RecordQuery(teamID: team, search: search, limit: 10))
            try check.equal(
                Set(found.map(\.id)), Set(expected.map { chats[$0].id }), "\(term) exact \(isExact) in \(fields)")
        }
    }

    private static let messageFields: Body = { store, check in
        let team = Identifier.random()
        let (chat, other) = (ChatRecord.sample(teamID: team), ChatRecord.sample(teamID: team))
        try await add(chat, other, to: store)
        let plain = ChatMessageRecord.sample(in: chat.next())
        try await commit(chat.next(), [plain], to: store, check)
        let rich = ChatMessageRecord.sample(
            in: other.next().next(), order: 5, role: .assistant, status: .cancelled,
            createdAt: .sample.advanced(bySeconds: 1))
        try await commit(other.next(), to: store, check)
        try await commit(other.next().next(), [rich], to: store, check)
        let time = Timestamp.sample.microseconds
        let cases: [(String, ListFilter.Operation, RecordQuery.Value)] = [
            ("id", .eq, .text(rich.id)), ("chat_id", .eq, .text(other.id)), ("chat_id", .neq, .text(chat.id)),
            ("role", .eq, .text("assistant")), ("status", .like, .text("canc%")), ("order", .gt, .integer(0)),
            ("order", .eq, .integer(5)), ("revision", .gte, .integer(2)), ("created_at", .gt, .integer(time)),
            ("updated_at", .neq, .integer(time)),
        ]
        for (field, operation, value) in cases {
            let condition = RecordQuery.Condition(field: field, operation: operation, values: [value])
            let found = try await store.messages(RecordQuery(teamID: team, conditions: [condition], limit: 10))
            try check.equal(found.map(\.id), [rich.id], "\(field) \(operation)")
        }
    }

    private static let since: Body = { store, check in
        var random = SeededGenerator(seed: 31)
        var chat = ChatRecord.sample()
        let beside = ChatRecord.sample(teamID: chat.teamID)
        try await add(chat, beside, to: store)
        let foreign = (0..<20).map { ChatMessageRecord.sample(in: beside.next(), order: $0) }
        try await commit(beside.next(), foreign, to: store, check)
        var all = (0..<40).map { ChatMessageRecord.sample(in: chat.next(), order: $0 * 3) }
        chat = chat.next()
        try await commit(chat, all.shuffled(using: &random), to: store, check)
        for _ in 0..<9 {
            chat = chat.next()
            var changed: [ChatMessageRecord] = []
            for index in Array(all.indices).shuffled(using: &random).prefix(4) {
                all[index].revision = chat.revision
                changed.append(all[index])
            }
            try await commit(chat, changed, to: store, check)
        }
        for (revision, isDescending) in [(0, false), (0, true), (4, false), (4, true), (9, false), (10, true)] {
            let expected = all.filter { $0.revision > revision }.sorted { ($0.order < $1.order) != isDescending }
            var query = RecordQuery(
                teamID: chat.teamID,
                conditions: [
                    .init(field: "chat_id", operation: .eq, values: [.text(chat.id)]),
                    .init(field: "revision", operation: .gt, values: [.integer(Int64(revision))]),
                ], sort: [.init(field: "order", isDescending: isDescending)], limit: 7)
            var found: [ChatMessageRecord] = []
            repeat {
                let page = try await store.messages(query)
                found += page
                query.position = found.last?.position(in: query)
                guard page.count == query.limit else { break }
            } while found.count <= all.count
            try check.equal(found.map(\.order), expected.map(\.order), "since \(revision) descending \(isDescending)")
            try check.require(found == expected, "other messages since \(revision), descending \(isDescending)")
            guard let last = expected.last else { continue }
            query.isBackward = true
            var back = [last]
            for _ in 0..<7 {
                query.position = back.first?.position(in: query)
                back = try await store.messages(query) + back
            }
            try check.require(back == expected, "back since \(revision), descending \(isDescending)")
        }
    }

    private static let teams: Body = { store, check in
        let (mine, yours) = (ChatRecord.sample(), ChatRecord.sample())
        try await add(mine, yours, to: store)
        for chat in [mine, yours] { try await commit(chat.next(), [.sample(in: chat.next())], to: store, check) }
        try check.equal(try await store.chats(RecordQuery(teamID: mine.teamID, limit: 9)), [mine.next()], "chats")
        let own = try await store.messages(RecordQuery(teamID: mine.teamID, limit: 9))
        try check.equal(own.map(\.chatID), [mine.id], "messages")
        let condition = RecordQuery.Condition(field: "chat_id", operation: .eq, values: [.text(yours.id)])
        let stolen = try await store.messages(RecordQuery(teamID: mine.teamID, conditions: [condition], limit: 9))
        try check.equal(stolen, [], "messages of another team's chat")
    }
}
