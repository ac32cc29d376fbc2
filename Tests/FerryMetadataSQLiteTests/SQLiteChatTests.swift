// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryTesting
import FerryWire
import GRDB
import Testing

@testable import FerryMetadataSQLite

@Suite("SQLite records: chats")
struct SQLiteChatTests {
    let database: TemporaryDatabase
    let records: SQLiteMetadata
    let stranger: DatabaseQueue

    init() throws {
        database = try TemporaryDatabase()
        records = try database.open()
        stranger = try database.stranger()
    }

    private func plan(_ sql: String, _ arguments: StatementArguments = []) throws -> String {
        try stranger.read { database in
            try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN " + sql, arguments: arguments)
                .map { $0["detail"] as String }.joined(separator: "; ")
        }
    }

    private func refused(_ sql: String, _ arguments: StatementArguments = []) {
        let error = #expect(throws: DatabaseError.self, "\(sql)") {
            try stranger.write { try $0.execute(sql: sql, arguments: arguments) }
        }
        #expect(error?.resultCode == .SQLITE_CONSTRAINT, "\(sql): \(String(describing: error))")
    }

    @Test("a chat with its messages outlives a restart, and two servers on one file never make one change twice")
    func restart() async throws {
        var chat = ChatRecord.sample()
        try await records.insert(chat)
        let other = try database.open()
        for _ in 0..<20 {
            let next = chat.next()
            let change = ChatChange(chat: next, messages: [.sample(in: next, order: chat.revision)])
            async let first = records.commit(change)
            async let second = other.commit(change)
            let made = try await [first, second]
            #expect(made.count { $0 } == 1)
            chat = next
        }
        try records.close()
        try other.close()
        let again = try database.open()
        #expect(try await again.chat(id: chat.id) == chat)
        let messages = try await again.messages(
            RecordQuery(teamID: chat.teamID, sort: [.init(field: "order", isDescending: false)], limit: 100))
        #expect(messages.map(\.revision) == Array(1...20))
    }

    @Test("a revision grows by one, a message stays in its chat, a chat at work stays")
    func rules() async throws {
        let chat = ChatRecord.sample()
        try await records.insert(chat)
        let busy = chat.next(state: .working)
        let message = ChatMessageRecord.sample(in: busy, role: .assistant, tools: [.sample()])
        #expect(try await records.commit(ChatChange(chat: busy, messages: [message])))
        for assignment in ["revision = 1", "revision = 0", "revision = 3", "name = 'x'"] {
            refused("UPDATE chats SET \(assignment)")
        }
        for assignment in [
            "status = 'x'", "worked_since = 'x'", "name = NULL", "document = '{'", "next_order = -1",
            "team_id = 'short'",
        ] {
            refused("UPDATE chats SET revision = 2, \(assignment)")
        }
        for assignment in [
            "revision = 0", "status = 'x'", "role = 'x'", "document = '{'", "chat_id = 'x'", "position = NULL",
            "team_id = '\(Identifier.random())'",
        ] {
            refused("UPDATE chat_messages SET \(assignment)")
        }
        refused("DELETE FROM chats")
        refused("INSERT INTO chat_tool_invocations VALUES (?, 'nobody')", [Identifier.random()])
        #expect(try await records.chat(id: chat.id) == busy)
        #expect(try await records.message(withToolInvocation: message.tools[0].id) == message)
        try await stranger.write { try $0.execute(sql: "UPDATE chats SET revision = 2, worked_since = NULL") }
        #expect(try await records.deleteChat(id: chat.id))
        let left = try await stranger.read { database in
            try Int.fetchOne(
                database,
                sql: "SELECT (SELECT count(*) FROM chat_messages) + (SELECT count(*) FROM chat_tool_invocations)")
        }
        #expect(left == 0)
    }

    @Test("a task of a chat is of its kind, whoever writes it")
    func taskKinds() async throws {
        var task = TaskRecord.sample(status: .queued)
        task.chatID = Identifier.random()
        try await records.insert(task)
        refused("UPDATE tasks SET is_chat = 0")
        refused("UPDATE tasks SET chat_id = NULL")
        #expect(try await records.task(id: task.id) == task)
    }

    @Test("an answer nested as deep as a task's may be is stored, one far deeper refused")
    func depth() async throws {
        let chat = ChatRecord.sample()
        try await records.insert(chat)
        func change(_ depth: Int) -> ChatChange {
            let deep = (0..<depth).reduce(JSONValue.null) { value, _ in [value] }
            var next = chat.next()
            next.output = deep
            return ChatChange(chat: next, messages: [.sample(in: next, tools: [.sample(arguments: deep)])])
        }
        let error = await #expect(throws: ServerError.self) { try await records.commit(change(300)) }
        #expect(error?.code == .validation)
        let deep = change(256)
        #expect(try await records.commit(deep))
        #expect(try await records.chat(id: chat.id) == deep.chat)
        #expect(try await records.messages(RecordQuery(teamID: chat.teamID, limit: 9)) == deep.messages)
    }

    @Test("what a stream and a page of messages ask is read off an index of the chat alone")
    func messagePlans() throws {
        let sample = ChatMessageRecord.sample(in: .sample())
        func plan(_ conditions: [RecordQuery.Condition], isDescending: Bool, isBehind: Bool) throws -> String {
            var query = RecordQuery(
                teamID: sample.teamID,
                conditions: [.init(field: "chat_id", operation: .eq, values: [.text(sample.chatID)])] + conditions,
                sort: [.init(field: "order", isDescending: isDescending)], limit: 100)
            if isBehind { query.position = sample.position(in: query) }
            let statement = try ListedTable.chatMessages.statement(query)
            return try self.plan(statement.sql, statement.arguments)
        }
        for isDescending in [false, true] {
            let since = try plan(
                [.init(field: "revision", operation: .gt, values: [.integer(5)])], isDescending: isDescending,
                isBehind: false)
            #expect(since.contains("chat_messages_by_revision (chat_id=? AND revision>?)"), "\(since)")
            for isBehind in [false, true] {
                let page = try plan([], isDescending: isDescending, isBehind: isBehind)
                #expect(page.contains("SEARCH chat_messages USING INDEX"), "\(page)")
                #expect(page.contains("(chat_id=?"), "\(page)")
                #expect(!page.contains("TEMP B-TREE"), "\(page)")
            }
            let run = try plan(
                [.init(field: "order", operation: .gte, values: [.integer(5)])], isDescending: isDescending,
                isBehind: false)
            #expect(run.contains("(chat_id=? AND position>?)") && !run.contains("TEMP B-TREE"), "\(run)")
        }
    }

    @Test("lists of chats, chats at work and tasks of a chat are read off an index, without sorting")
    func chatPlans() throws {
        let team = Identifier.random()
        for (field, index) in [("created_at", "chats_by_team"), ("updated_at", "chats_by_update")] {
            for isDescending in [false, true] {
                let statement = try ListedTable.chats.statement(
                    RecordQuery(teamID: team, sort: [.init(field: field, isDescending: isDescending)], limit: 10))
                let found = try plan(statement.sql, statement.arguments)
                #expect(found.contains("USING INDEX \(index)") && !found.contains("TEMP B-TREE"), "\(found)")
            }
        }
        let working = try plan(SQLiteMetadata.workingChats, [10])
        // Sorted by turns, but of chats at work alone, and their documents are no part of it.
        #expect(working.contains("USING INDEX chats_working"), "\(working)")
        let ofChat = RecordQuery.Condition(field: "chat_id", operation: .eq, values: [.text(team)])
        let statement = try ListedTable.tasks.statement(RecordQuery(teamID: team, conditions: [ofChat], limit: 10))
        let tasks = try plan(statement.sql, statement.arguments)
        #expect(tasks.contains("tasks_by_chat (chat_id=? AND team_id=?)"), "\(tasks)")
        #expect(!tasks.contains("TEMP B-TREE"), "\(tasks)")
    }
}
