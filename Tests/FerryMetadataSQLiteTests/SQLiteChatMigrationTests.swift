// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryTesting
import FerryWire
import GRDB
import Testing

@testable import FerryMetadataSQLite

@Suite("SQLite records: a file from before chats")
struct SQLiteChatMigrationTests {
    /// A file of the schema before, with tasks in every state and turns of two teams.
    private static func oldFile(_ database: TemporaryDatabase, teams: [String]) async throws -> [String: String] {
        let queue = try DatabaseQueue(path: database.path)
        try Schema.migrator.migrate(queue, upTo: "3-webhooks")
        let ids = try await queue.write { database in
            var ids: [String: String] = [:]
            for (place, team) in teams.enumerated() {
                for (name, status, time) in [("late", 2, 9), ("early", 2, 3), ("ended", 10, 1), ("running", 7, 1)] {
                    let id = Identifier.random()
                    ids["\(place) \(name)"] = id
                    try database.execute(
                        sql: """
                            INSERT INTO tasks (id, team_id, user_id, created_at, updated_at, status, app, app_id,
                                app_version_id, function, attempts, maximum_attempts, setup, output, input, due_at,
                                session_id, session_timeout)
                            VALUES (?, ?, '', ?, ?, ?, 'a/b', '', '', 'run', 0, 3, 'null', 'null', '{}', ?, ?, ?)
                            """,
                        arguments: [
                            id, team, time, time, status, time, name == "ended" ? id : nil, name == "ended" ? 60 : nil,
                        ])
                    try database.execute(sql: "INSERT INTO task_events VALUES (?, 0, ?, 1)", arguments: [id, status])
                }
                // The first team was served last.
                try database.execute(
                    sql: "INSERT INTO team_turns VALUES (?, ?)", arguments: [team, 10 - place])
            }
            return ids
        }
        try queue.close()
        return ids
    }

    @Test("its tasks are of no chat, keep their order, and its teams their turns")
    func migration() async throws {
        let database = try TemporaryDatabase()
        let teams = [Identifier.random(), Identifier.random()]
        let ids = try await Self.oldFile(database, teams: teams)
        let records = try database.open()
        let ended = try #require(try await records.task(id: ids["0 ended"] ?? ""))
        #expect(ended.status == .completed)
        #expect(ended.chatID == nil)
        #expect(ended.session?.timeout == 60)
        #expect(ended.events.map(\.status) == [.completed])
        #expect(try await records.unfinishedCount() == 6)
        #expect(try await records.claim(owner: "me", leaseUntil: .sample, ofChats: true, at: .sample) == nil)
        var claimed: [String?] = []
        while let task = try await records.claim(owner: "me", leaseUntil: .sample, at: .sample) {
            claimed.append(task.id)
        }
        #expect(claimed == ["1 early", "0 early", "1 late", "0 late"].map { ids[$0] })
        #expect(try await records.chats(RecordQuery(teamID: teams[0], limit: 9)).isEmpty)
    }

    @Test("a chat and its task can be added to it, and it opens again")
    func use() async throws {
        let database = try TemporaryDatabase()
        let team = Identifier.random()
        _ = try await Self.oldFile(database, teams: [team])
        let chat = ChatRecord.sample(teamID: team)
        var task = TaskRecord.sample(teamID: team, status: .queued)
        task.chatID = chat.id
        let first = try database.open()
        try await first.insert(chat)
        try await first.insert(task)
        #expect(try await first.commit(ChatChange(chat: chat.next(), messages: [.sample(in: chat.next())])))
        try first.close()
        let records = try database.open()
        let claimed = try await records.claim(owner: "me", leaseUntil: .sample, ofChats: true, at: .sample)
        #expect(claimed?.id == task.id)
        #expect(claimed?.chatID == chat.id)
        #expect(try await records.chat(id: chat.id) == chat.next())
        let ofChat = RecordQuery.Condition(field: "chat_id", operation: .eq, values: [.text(chat.id)])
        let found: [TaskRecord] = try await records.list(
            RecordQuery(teamID: team, conditions: [ofChat], limit: 10))
        #expect(found.map(\.id) == [task.id])
        let stranger = try database.stranger()
        let damage = try await stranger.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") }
        let orphans = try await stranger.read { try Row.fetchAll($0, sql: "PRAGMA foreign_key_check").count }
        #expect(damage == "ok")
        #expect(orphans == 0)
    }
}
