// SPDX-License-Identifier: Apache-2.0

public import FerryServerCore
internal import FerryWire
internal import Synchronization

/// Chats and their messages in memory, for tests.
public final class InMemoryChatStore: ChatStore {
    private struct State {
        var chats: [String: ChatRecord] = [:]
        var messages: [String: ChatMessageRecord] = [:]
    }

    private let state = Mutex(State())

    /// An empty store.
    public init() {}

    public func insert(_ chat: ChatRecord) async throws {
        try Task.checkCancellation()
        try Self.check(texts: [chat.name, chat.description, chat.agent.reference ?? ""])
        try state.withLock { state in
            guard state.chats[chat.id] == nil else { throw Self.isTaken }
            state.chats[chat.id] = chat
        }
    }

    public func chat(id: String) async throws -> ChatRecord? {
        try Task.checkCancellation()
        return state.withLock { $0.chats[id] }
    }

    public func commit(_ change: ChatChange) async throws -> Bool {
        try Task.checkCancellation()
        let chat = change.chat
        try Self.check(texts: [chat.name, chat.description, chat.agent.reference ?? ""])
        guard change.messages.allSatisfy({ $0.chatID == chat.id && $0.teamID == chat.teamID }) else {
            throw ServerError(.validation, "a message of another chat cannot change with this one")
        }
        return try state.withLock { state in
            guard let old = state.chats[chat.id], old.teamID == chat.teamID, old.revision == chat.revision &- 1 else {
                return false
            }
            var messages = state.messages
            for message in change.messages {
                guard messages[message.id].map({ $0.chatID == chat.id }) ?? true else { throw Self.isTaken }
                messages[message.id] = message
            }
            try Self.check(messages.values)
            state.messages = messages
            state.chats[chat.id] = chat
            return true
        }
    }

    public func messages(_ query: RecordQuery, maximumBytes: Int) async throws -> RecordSlice<ChatMessageRecord> {
        try Task.checkCancellation()
        let found = try RecordMatcher<ChatMessageRecord>(query).list(state.withLock { Array($0.messages.values) })
        return Self.slice(found, isBackward: query.isBackward, maximumBytes) { $0.document.serialized().count }
    }

    public func message(withToolInvocation id: String) async throws -> ChatMessageRecord? {
        try Task.checkCancellation()
        return state.withLock { state in
            state.messages.values.first { message in message.tools.contains { $0.id == id } }
        }
    }

    public func chats(_ query: RecordQuery, maximumBytes: Int) async throws -> RecordSlice<ChatRecord> {
        try Task.checkCancellation()
        let found = try RecordMatcher<ChatRecord>(query).list(state.withLock { Array($0.chats.values) })
        return Self.slice(found, isBackward: query.isBackward, maximumBytes) { $0.document.serialized().count }
    }

    private static func slice<Record: Sendable>(
        _ found: [Record], isBackward: Bool, _ maximumBytes: Int, size: (Record) -> Int
    ) -> RecordSlice<Record> {
        var left = maximumBytes
        var kept: [Record] = []
        for record in isBackward ? found.reversed() : found {
            left -= size(record)
            guard left >= 0 || kept.isEmpty else { break }
            kept.append(record)
        }
        return RecordSlice(records: isBackward ? kept.reversed() : kept, isCut: kept.count < found.count)
    }

    public func working(limit: Int) async throws -> [String] {
        try Task.checkCancellation()
        let working = state.withLock { state in state.chats.values.filter(\.isWorking) }
        let teams = Dictionary(grouping: working, by: \.teamID).values
        let rounds = teams.flatMap { chats in
            chats.map { ($0.run?.createdAt.microseconds ?? 0, $0.id) }.sorted { $0 < $1 }.enumerated()
                .map { (round: $0.offset, since: $0.element.0, id: $0.element.1) }
        }
        return rounds.sorted { $0 < $1 }.prefix(max(limit, 0)).map(\.id)
    }

    public func deleteChat(id: String) async throws -> Bool {
        try Task.checkCancellation()
        return state.withLock { state in
            guard let chat = state.chats[id], !chat.isWorking else { return false }
            state.chats[id] = nil
            state.messages = state.messages.filter { $0.value.chatID != id }
            return true
        }
    }

    private static var isTaken: ServerError { ServerError(.conflict, "there is such a record already") }

    /// Places are taken once in a chat, and ids of calls once.
    private static func check(_ messages: some Collection<ChatMessageRecord>) throws(ServerError) {
        let places = Set(messages.map { Place(chatID: $0.chatID, order: $0.order) })
        let calls = messages.flatMap { $0.tools.map(\.id) }
        guard places.count == messages.count, Set(calls).count == calls.count else { throw isTaken }
    }

    private struct Place: Hashable {
        var chatID: String
        var order: Int64
    }

    private static func check(texts: [String]) throws(ServerError) {
        guard !texts.contains(where: { $0.utf8.contains(0) }) else {
            throw ServerError(.validation, "text must not contain the character U+0000; remove it")
        }
    }
}
