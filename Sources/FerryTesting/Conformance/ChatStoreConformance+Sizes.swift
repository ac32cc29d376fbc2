// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire

extension ChatStoreConformance {
    static let sizeChecks: [(String, Body)] = [
        ("messages: a list of large records ends early, says so, and goes on behind", largeMessages),
        ("chats: a list of large records ends early, says so, and goes on behind", largeChats),
    ]

    private static let largeMessages: Body = { store, check in
        let chat = ChatRecord.sample()
        try await add(chat, to: store)
        let all = (0..<12 as Range<Int64>).map { order in
            let text = String(repeating: "é\n", count: order % 4 == 3 ? 3000 : 100)
            return ChatMessageRecord.sample(in: chat.next(), order: order, text: text)
        }
        try await commit(chat.next(), all, to: store, check)
        for isDescending in [false, true] {
            let query = RecordQuery(
                teamID: chat.teamID, sort: [.init(field: "order", isDescending: isDescending)], limit: 9)
            let sizes = LargeRecords(
                all: isDescending ? all.reversed() : all, size: { $0.document.serialized().count },
                list: { try await store.messages($0, maximumBytes: $1) })
            try await sizes.check(query, check)
        }
    }

    private static let largeChats: Body = { store, check in
        let team = Identifier.random()
        var all: [ChatRecord] = []
        for number in 0..<9 as Range<Int64> {
            var config = AgentConfig(coreApp: CoreAppConfig(ref: "test/model"))
            config.systemPrompt = String(repeating: "\"é", count: number % 3 == 1 ? 3000 : 50)
            let time = Timestamp.sample.advanced(bySeconds: -number)
            all.append(ChatRecord.sample(teamID: team, createdAt: time, config: config))
        }
        for chat in all.reversed() { try await store.insert(chat) }
        let sizes = LargeRecords(
            all: all, size: { $0.document.serialized().count },
            list: { try await store.chats($0, maximumBytes: $1) })
        try await sizes.check(RecordQuery(teamID: team, limit: 7), check)
    }
}

/// What a list that is bounded by size must do.
private struct LargeRecords<Record: ListedRecord & Equatable> {
    /// In the order of the query.
    let all: [Record]
    let size: (Record) -> Int
    let list: (RecordQuery, Int) async throws -> RecordSlice<Record>

    /// What a list beginning at that index must give.
    private func expected(from records: some Sequence<Record>, limit: Int, maximumBytes: Int) -> [Record] {
        var left = maximumBytes
        var kept: [Record] = []
        for record in records {
            left -= size(record)
            guard kept.count < limit, left >= 0 || kept.isEmpty else { break }
            kept.append(record)
        }
        return kept
    }

    func check(_ query: RecordQuery, _ check: Checker) async throws {
        let one = size(all[0])
        for maximumBytes in [-1, 0, one - 1, one, one * 2, one * 2 - 1, one * 20, .max] {
            var query = query
            var found = all[..<0]
            while found.count < all.count {
                let rest = all[found.endIndex...]
                let kept = expected(from: rest, limit: query.limit, maximumBytes: maximumBytes)
                let slice = try await list(query, maximumBytes)
                try check.require(slice.records == kept, "behind \(found.count), up to \(maximumBytes): other records")
                let isCut = kept.count < min(query.limit, rest.count)
                try check.equal(slice.isCut, isCut, "whether the list was cut at \(maximumBytes)")
                found = all[..<(found.endIndex + kept.count)]
                query.position = found.last?.position(in: query)
            }
            // And back, from the last one.
            query.isBackward = true
            var end = all.count - 1
            while end > 0 {
                query.position = all[end].position(in: query)
                let kept = expected(from: all[..<end].reversed(), limit: query.limit, maximumBytes: maximumBytes)
                let slice = try await list(query, maximumBytes)
                try check.require(slice.records == kept.reversed(), "back from \(end), up to \(maximumBytes): other")
                try check.equal(slice.isCut, kept.count < min(query.limit, end), "whether the list back was cut")
                end -= kept.count
            }
        }
    }
}
