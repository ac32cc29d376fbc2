// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import GRDB

/// The messages of a change as rows, ready to be written with the chat.
struct ChatMessageRows: Sendable {
    private struct Message: Sendable {
        var id: String
        var columns: StatementArguments
        var invocations: [String]
    }

    private let messages: [Message]

    /// - Throws: `ServerError` if a message is beyond a limit, or of another chat.
    init(_ change: ChatChange, documents: DocumentColumn) throws(ServerError) {
        var messages: [Message] = []
        for message in change.messages {
            guard message.chatID == change.chat.id, message.teamID == change.chat.teamID else {
                throw ServerError(.validation, "a message of another chat cannot change with this one")
            }
            var invocations: [String] = []
            for tool in message.tools { invocations.append(try tool.id.storable) }
            messages.append(
                Message(
                    id: message.id, columns: try message.columns(documents: documents), invocations: invocations))
        }
        self.messages = messages
    }

    /// Adds them, or replaces those of the same ids.
    ///
    /// - Throws: if one of the ids is in use elsewhere, or a place in the chat is taken.
    func write(_ database: Database) throws {
        // Places may change hands within a change: only how it is afterwards counts.
        if messages.count > 1 { for message in messages { try vacate(database, message) } }
        for message in messages { try store(database, message) }
        for message in messages { try index(database, message) }
    }

    private func vacate(_ database: Database, _ message: Message) throws {
        let statement = try database.cachedStatement(
            sql: "UPDATE chat_messages SET position = -1 - position WHERE id = ? AND position >= 0")
        try statement.execute(arguments: [message.id])
    }

    private func store(_ database: Database, _ message: Message) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO chat_messages (\(ChatMessageRecord.columnNames))
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, created_at = excluded.created_at,
                    updated_at = excluded.updated_at, position = excluded.position, revision = excluded.revision,
                    status = excluded.status, role = excluded.role, document = excluded.document
                WHERE chat_id = excluded.chat_id
                """)
        try statement.execute(arguments: message.columns)
        guard database.changesCount == 1 else {
            throw ServerError(.conflict, "there is such a record already")
        }
        let forget = try database.cachedStatement(sql: "DELETE FROM chat_tool_invocations WHERE message_id = ?")
        try forget.execute(arguments: [message.id])
    }

    /// After all messages, because a call may go from one to another.
    private func index(_ database: Database, _ message: Message) throws {
        guard !message.invocations.isEmpty else { return }
        let statement = try database.cachedStatement(
            sql: "INSERT INTO chat_tool_invocations (id, message_id) VALUES (?, ?)")
        for id in message.invocations { try statement.execute(arguments: [id, message.id]) }
    }
}
