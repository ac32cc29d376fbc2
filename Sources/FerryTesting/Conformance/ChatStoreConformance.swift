// SPDX-License-Identifier: Apache-2.0

public import FerryServerCore
internal import FerryWire

/// What every `ChatStore` must do.
public struct ChatStoreConformance: Sendable {
    typealias Body = Checks<any ChatStore>.Body

    private let make: @Sendable () async throws -> any ChatStore

    /// The suite for stores made by `make`: each call gives an empty one of its own.
    public init(make: @escaping @Sendable () async throws -> any ChatStore) { self.make = make }

    /// The names of the checks.
    public static var checks: [String] { suite.names }

    /// Runs every check, each on a fresh store.
    ///
    /// - Throws: ``ConformanceFailure`` of the first check that fails.
    public func run() async throws { try await Self.suite.run(on: make) }

    private static let suite = Checks<any ChatStore>(
        "ChatStore",
        [
            ("a chat comes back as it went in", roundTrip),
            ("a message comes back as it went in, whatever its texts hold", messageRoundTrip),
            ("a name that cannot be stored whole is refused", unstorable),
            ("an id is taken once", uniqueIDs),
            ("what is not there is not found, whatever the id looks like", missing),
            ("chats whose agents are at work are found, the one whose work began first comes first", working),
            ("chats at work are found of each team in turn", workingTurns),
            ("a chat is removed with its messages and calls, and only while its agent rests", removal),
            ("a message is found by the calls it makes now", toolCalls),
            ("a cancelled caller is told so and nothing is changed", cancelled),
        ] + commitChecks + listChecks + sizeChecks)

    /// Adds chats.
    static func add(_ chats: ChatRecord..., to store: any ChatStore) async throws {
        for chat in chats { try await store.insert(chat) }
    }

    /// Makes a change that must be made.
    static func commit(
        _ chat: ChatRecord, _ messages: [ChatMessageRecord] = [], to store: any ChatStore, _ check: Checker
    ) async throws {
        let isMade = try await store.commit(ChatChange(chat: chat, messages: messages))
        try check.require(isMade, "the change to revision \(chat.revision) was not made")
    }

    /// All messages of a chat, in order.
    static func messages(of chat: ChatRecord, in store: any ChatStore) async throws -> [ChatMessageRecord] {
        let condition = RecordQuery.Condition(field: "chat_id", operation: .eq, values: [.text(chat.id)])
        return try await store.messages(
            RecordQuery(
                teamID: chat.teamID, conditions: [condition], sort: [.init(field: "order", isDescending: false)],
                limit: 10_000))
    }

    private static let removal: Body = { store, check in
        let (chat, other) = (ChatRecord.sample(), ChatRecord.sample())
        try await add(chat, other, to: store)
        let kept = ChatMessageRecord.sample(in: other.next())
        try await commit(other.next(), [kept], to: store, check)
        let busy = chat.next(state: .working)
        let tool = ToolInvocationDTO.sample()
        let message = ChatMessageRecord.sample(in: busy, role: .assistant, tools: [tool])
        try await commit(busy, [message], to: store, check)
        for state in [AgentRunState.working, .submitted] {
            let now = try check.some(try await store.chat(id: chat.id), "the chat")
            try await commit(now.next(state: state), to: store, check)
            try check.equal(try await store.deleteChat(id: chat.id), false, "removing a chat at work")
        }
        let now = try check.some(try await store.chat(id: chat.id), "the chat")
        try check.equal(try await messages(of: chat, in: store), [message], "its messages")
        try await commit(now.next(state: .inputRequired), to: store, check)
        try check.equal(try await store.deleteChat(id: chat.id), true, "removing a chat at rest")
        try check.none(try await store.chat(id: chat.id), "the removed chat")
        try check.equal(try await messages(of: chat, in: store), [], "its messages")
        try check.none(try await store.message(withToolInvocation: tool.id), "its call of a tool")
        try check.equal(try await store.deleteChat(id: chat.id), false, "removing it again")
        try check.equal(try await messages(of: other, in: store), [kept], "messages of another chat")
        // The same ids again have nothing of the old ones.
        try await add(chat, to: store)
        try check.equal(try await messages(of: chat, in: store), [], "messages of a new chat")
        try await commit(busy, [message], to: store, check)
        try check.equal(try await messages(of: chat, in: store), [message], "the new chat's messages")
    }

    private static let working: Body = { store, check in
        try check.equal(try await store.working(limit: 10), [], "at first")
        var expected: [(Int64, String)] = []
        for (place, state) in AgentRunState.allCases.enumerated() {
            for second in [9, 3, 9] as [Int64] {
                let chat = ChatRecord.sample()
                try await add(chat, to: store)
                let time = Timestamp.sample.advanced(bySeconds: second - Int64(place))
                try await commit(chat.next(at: time, state: state), to: store, check)
                if state.isWorking { expected.append((time.microseconds, chat.id)) }
            }
        }
        expected.sort { $0 < $1 }
        let ids = expected.map(\.1)
        try check.equal(try await store.working(limit: 100), ids, "the chats at work")
        for limit in [0, -1, 2] {
            try check.equal(
                try await store.working(limit: limit), Array(ids.prefix(max(limit, 0))), "\(limit) of them")
        }
        let first = try check.some(try await store.chat(id: ids[0]), "the first")
        try await commit(first.next(at: .sample.advanced(bySeconds: 100)), to: store, check)
        try check.equal(try await store.working(limit: 100), ids, "after a change of the first")
        let second = try check.some(try await store.chat(id: ids[1]), "the second")
        try await commit(second.next(state: .completed), to: store, check)
        try check.equal(try await store.working(limit: 100), [ids[0]] + ids.dropFirst(2), "after an end")
        let rested = try check.some(try await store.chat(id: ids[1]), "the second")
        let again = rested.next(at: .sample.advanced(bySeconds: 200), state: .working)
        try await commit(again, to: store, check)
        let all = [ids[0]] + ids.dropFirst(2) + [ids[1]]
        try check.equal(try await store.working(limit: 100), all, "after work began again")
    }

    private static let workingTurns: Body = { store, check in
        let teams = (0..<3).map { _ in Identifier.random() }
        var ids: [[String]] = [[], [], []]
        // The first team has many, the others a few that began later.
        for (second, team) in [0, 0, 0, 0, 2, 1, 1, 0].enumerated() {
            let chat = ChatRecord.sample(teamID: teams[team])
            try await add(chat, to: store)
            let time = Timestamp.sample.advanced(bySeconds: Int64(second))
            try await commit(chat.next(at: time, state: .working), to: store, check)
            ids[team].append(chat.id)
        }
        let expected = [
            ids[0][0], ids[2][0], ids[1][0], ids[0][1], ids[1][1], ids[0][2], ids[0][3], ids[0][4],
        ]
        for limit in [3, 4, 8, 100] {
            try check.equal(try await store.working(limit: limit), Array(expected.prefix(limit)), "\(limit) of them")
        }
    }

    private static let toolCalls: Body = { store, check in
        let chat = ChatRecord.sample()
        try await add(chat, to: store)
        let tools = (0..<3).map { _ in ToolInvocationDTO.sample() }
        func find(_ tool: ToolInvocationDTO) async throws -> String? {
            let message = try await store.message(withToolInvocation: tool.id)
            return message?.id
        }
        let first = ChatMessageRecord.sample(in: chat.next(), role: .assistant, tools: [tools[0], tools[1]])
        try await commit(chat.next(), [first], to: store, check)
        try check.equal(try await store.message(withToolInvocation: tools[1].id), first, "the message of a call")
        try check.none(try await find(tools[2]), "a call that was not made")
        // One call stays with a result, one goes to another message, and one is new.
        var changed = ChatMessageRecord.sample(in: chat.next().next(), id: first.id, role: .assistant)
        changed.tools = [tools[0]]
        changed.tools[0].status = .completed
        changed.tools[0].result = "42"
        let second = ChatMessageRecord.sample(in: chat.next().next(), order: 1, tools: [tools[1], tools[2]])
        try await commit(chat.next().next(), [second, changed], to: store, check)
        let found = try await store.message(withToolInvocation: tools[0].id)
        try check.equal(found, changed, "the message with the result")
        for tool in tools[1...] { try check.equal(try await find(tool), second.id, "the message of the others") }
        changed.tools = []
        changed.revision += 1
        try await commit(chat.next().next().next(), [changed], to: store, check)
        try check.none(try await find(tools[0]), "a call that is in no message any more")
        try check.equal(try await find(tools[1]), second.id, "a call of another message")
    }

    private static let missing: Body = { store, check in
        let chat = ChatRecord.sample()
        try await add(chat, to: store)
        let tool = ToolInvocationDTO.sample()
        try await commit(chat.next(), [.sample(in: chat.next(), tools: [tool])], to: store, check)
        for id in ["", Identifier.random(), chat.id + "\0", chat.id.uppercased(), "%", "' OR 1=1 --", tool.id + "\0"] {
            let name = id.debugDescription
            try check.none(try await store.chat(id: id), "a chat of the id \(name)")
            try check.none(try await store.message(withToolInvocation: id), "a message with the call \(name)")
            try check.equal(try await store.deleteChat(id: id), false, "removing the id \(name)")
        }
        try check.equal(try await store.chat(id: chat.id), chat.next(), "the chat")
    }

    private static let uniqueIDs: Body = { store, check in
        let chat = ChatRecord.sample()
        try await add(chat, to: store)
        try await check.refuses("an id that is taken", with: .conflict) {
            try await store.insert(ChatRecord.sample(id: chat.id, teamID: chat.teamID, name: "another"))
        }
        try check.equal(try await store.chat(id: chat.id), chat, "the chat that was there")
    }

    private static let cancelled: Body = { store, check in
        let chat = ChatRecord.sample()
        try await check.refusesWhenCancelled("insert") { try await store.insert(chat) }
        try check.none(try await store.chat(id: chat.id), "the chat")
        try await add(chat, to: store)
        let message = ChatMessageRecord.sample(in: chat.next())
        try await check.refusesWhenCancelled("commit") {
            _ = try await store.commit(ChatChange(chat: chat.next(), messages: [message]))
        }
        try await check.refusesWhenCancelled("removing") { _ = try await store.deleteChat(id: chat.id) }
        try check.equal(try await store.chat(id: chat.id), chat, "the chat afterwards")
        try check.equal(try await messages(of: chat, in: store), [], "its messages")
    }
}
