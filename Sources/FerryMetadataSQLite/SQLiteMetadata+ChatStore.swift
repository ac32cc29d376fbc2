// SPDX-License-Identifier: Apache-2.0

package import FerryServerCore
internal import FerryWire
internal import GRDB

extension SQLiteMetadata: ChatStore {
    /// What stands around an output or the arguments of a call in a document counts against nobody.
    private var chatDocuments: DocumentColumn {
        DocumentColumn(maximumSize: documents.maximumSize, maximumDepth: documents.maximumDepth + 8)
    }

    package func insert(_ chat: ChatRecord) async throws {
        let columns = try chat.columns(documents: chatDocuments)
        try await write { database in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO chats (\(ChatRecord.columnNames)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """)
            try statement.execute(arguments: columns)
        }
    }

    package func chat(id: String) async throws -> ChatRecord? {
        guard Identifier.isValid(id) else { return nil }
        return try await read { [chatDocuments] in try ChatRecord.fetch($0, id: id, documents: chatDocuments) }
    }

    package func chats(_ query: RecordQuery, maximumBytes: Int) async throws -> RecordSlice<ChatRecord> {
        let documents = chatDocuments
        return try await slice(.chats, query, maximumBytes) { try ChatRecord(row: $0, documents: documents) }
    }

    package func messages(
        _ query: RecordQuery, maximumBytes: Int
    ) async throws -> RecordSlice<ChatMessageRecord> {
        let documents = chatDocuments
        return try await slice(.chatMessages, query, maximumBytes) {
            try ChatMessageRecord(row: $0, documents: documents)
        }
    }

    /// First where the records are, then one after the other: where a list must be sorted, documents are not part of it.
    private func slice<Record: Sendable>(
        _ table: ListedTable, _ query: RecordQuery, _ maximumBytes: Int,
        _ record: @Sendable (Row) throws -> Record
    ) async throws -> RecordSlice<Record> {
        let statement = try table.statement(query, columns: "rowid")
        var slice = try await read { database in
            var slice = RecordSlice<Record>(records: [])
            let places = try Int64.fetchAll(database, sql: statement.sql, arguments: statement.arguments)
            let one = try database.cachedStatement(sql: "SELECT * FROM \(table.name) WHERE rowid = ?")
            var left = maximumBytes
            for place in places {
                guard let row = try Row.fetchOne(one, arguments: [place]) else { continue }
                left -= (row["document"] as String).utf8.count
                guard left >= 0 || slice.records.isEmpty else {
                    slice.isCut = true
                    break
                }
                slice.records.append(try record(row))
            }
            return slice
        }
        if query.isBackward { slice.records.reverse() }
        return slice
    }

    package func message(withToolInvocation id: String) async throws -> ChatMessageRecord? {
        guard Identifier.isValid(id) else { return nil }
        return try await read { [chatDocuments] database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT * FROM chat_messages
                    WHERE id = (SELECT message_id FROM chat_tool_invocations WHERE id = ?)
                    """)
            return try Row.fetchOne(statement, arguments: [id])
                .map { try ChatMessageRecord(row: $0, documents: chatDocuments) }
        }
    }

    package func working(limit: Int) async throws -> [String] {
        try await read { database in
            let statement = try database.cachedStatement(sql: Self.workingChats)
            return try String.fetchAll(statement, arguments: [max(limit, 0)])
        }
    }

    /// Team by team, so that nobody's many chats hide another's. Left to itself, the planner reads all chats there are.
    static let workingChats = """
        SELECT id FROM (
            SELECT id, worked_since, row_number() OVER (PARTITION BY team_id ORDER BY worked_since, id) AS turn
            FROM chats INDEXED BY chats_working WHERE worked_since IS NOT NULL
        ) ORDER BY turn, worked_since, id LIMIT ?
        """

    package func deleteChat(id: String) async throws -> Bool {
        guard Identifier.isValid(id) else { return false }
        return try await write { database in
            try database.execute(sql: "DELETE FROM chats WHERE id = ? AND worked_since IS NULL", arguments: [id])
            return database.changesCount == 1
        }
    }

    package func commit(_ change: ChatChange) async throws -> Bool {
        let chat = try change.chat.columns(documents: chatDocuments)
        // The revision last, which wraps only where nothing is found.
        let key: StatementArguments = [
            try change.chat.id.storable, try change.chat.teamID.storable, change.chat.revision &- 1,
        ]
        let messages = try ChatMessageRows(change, documents: chatDocuments)
        return try await write { database in
            let statement = try database.cachedStatement(
                sql: """
                    UPDATE chats SET (\(ChatRecord.columnNames)) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    WHERE id = ? AND team_id = ? AND revision = ?
                    """)
            try statement.execute(arguments: chat + key)
            guard database.changesCount == 1 else { return false }
            try messages.write(database)
            return true
        }
    }
}
