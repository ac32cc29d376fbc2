// SPDX-License-Identifier: Apache-2.0

/// The records of chats and their messages. What a call reports as done survives any kind of death of the process or
/// the machine.
///
/// List fields of chats: `id name description status agent user_id` (text; `agent` has no value for an agent made for
/// its chat), `created_at`, `updated_at`. Of messages: `id chat_id role status` (text), `order`, `revision` (integer),
/// `created_at`, `updated_at`.
public protocol ChatStore: Sendable {
    /// Adds a chat, in which nothing was said yet.
    func insert(_ chat: ChatRecord) async throws

    /// The chat of that id, of any team.
    func chat(id: String) async throws -> ChatRecord?

    /// Makes a change, in one transaction, all of it or nothing: the chat's record is replaced, messages are added or,
    /// where there is one of that id, replaced.
    ///
    /// - Parameter change: its chat's revision is one above the stored one; else somebody else changed the chat, and
    ///   nothing is done.
    /// - Returns: whether it was made. Not if there is no such chat.
    func commit(_ change: ChatChange) async throws -> Bool

    /// The messages a query wants, of chats of one team, as many as fit.
    ///
    /// - Parameter maximumBytes: most bytes of their documents together; one message comes however large it is. No
    ///   more than this and one message is held in memory.
    func messages(_ query: RecordQuery, maximumBytes: Int) async throws -> RecordSlice<ChatMessageRecord>

    /// The message that made the call of that id, of any team.
    func message(withToolInvocation id: String) async throws -> ChatMessageRecord?

    /// The chats a query wants, newest first unless it says otherwise, as many as fit.
    ///
    /// - Parameter maximumBytes: as for messages.
    func chats(_ query: RecordQuery, maximumBytes: Int) async throws -> RecordSlice<ChatRecord>

    /// Ids of chats whose agents are at work: of each team the one whose work began first, then of each the next, and so
    /// on; in each of these rounds the one whose work began first comes first.
    func working(limit: Int) async throws -> [String]

    /// Removes a chat with its messages. False if there is none, or its agent is at work.
    func deleteChat(id: String) async throws -> Bool
}

extension ChatStore {
    /// All messages a query wants, however large they are.
    public func messages(_ query: RecordQuery) async throws -> [ChatMessageRecord] {
        try await messages(query, maximumBytes: .max).records
    }

    /// All chats a query wants, however large they are.
    public func chats(_ query: RecordQuery) async throws -> [ChatRecord] {
        try await chats(query, maximumBytes: .max).records
    }
}

/// The records of a query that fit into a size: the first ones, or of a query that goes back the last ones.
public struct RecordSlice<Record: Sendable>: Sendable {
    /// In the order of the query.
    public var records: [Record]
    /// Whether the query wants more records than these, and they did not fit.
    public var isCut: Bool

    /// A slice.
    public init(records: [Record], isCut: Bool = false) {
        self.records = records
        self.isCut = isCut
    }
}

/// A chat as it is to be, and the messages that change with it.
public struct ChatChange: Sendable, Hashable {
    /// The chat.
    public var chat: ChatRecord
    /// Messages that are new or become different.
    public var messages: [ChatMessageRecord]

    /// A change.
    public init(chat: ChatRecord, messages: [ChatMessageRecord]) {
        self.chat = chat
        self.messages = messages
    }
}
