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

    /// The messages a query wants, of chats of one team.
    func messages(_ query: RecordQuery) async throws -> [ChatMessageRecord]

    /// The message that made the call of that id, of any team.
    func message(withToolInvocation id: String) async throws -> ChatMessageRecord?

    /// The chats a query wants, newest first unless it says otherwise.
    func chats(_ query: RecordQuery) async throws -> [ChatRecord]

    /// Ids of chats, of all teams, whose agents are at work, the one waiting longest first.
    func working(limit: Int) async throws -> [String]

    /// Removes a chat with its messages. False if there is none, or its agent is at work.
    func deleteChat(id: String) async throws -> Bool
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
