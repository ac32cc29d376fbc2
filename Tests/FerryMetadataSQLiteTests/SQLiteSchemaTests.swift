// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryTesting
import FerryWire
import Foundation
import GRDB
import Testing

@testable import FerryMetadataSQLite

@Suite("SQLite records: what the schema itself refuses")
struct SQLiteSchemaTests {
    let database: TemporaryDatabase
    let records: SQLiteMetadata
    let stranger: DatabaseQueue

    init() throws {
        database = try TemporaryDatabase()
        records = try database.open()
        stranger = try database.stranger()
    }

    private func refused(_ sql: String, _ arguments: StatementArguments = []) {
        let error = #expect(throws: DatabaseError.self, "\(sql)") {
            try stranger.write { try $0.execute(sql: sql, arguments: arguments) }
        }
        #expect(error?.resultCode == .SQLITE_CONSTRAINT, "\(sql): \(String(describing: error))")
    }

    @Test("a task has one end")
    func oneEnd() async throws {
        let task = TaskRecord.sample(status: .running)
        try await records.insert(task)
        _ = try await records.transition(
            id: task.id, to: .completed, from: [.running], owner: nil, change: TaskChange(), at: .sample)
        refused("INSERT INTO task_events VALUES (?, 99, 11, 0)", [task.id])
        refused("UPDATE tasks SET status = 7 WHERE id = ?", [task.id])
        refused("UPDATE tasks SET output = '1' WHERE id = ?", [task.id])
        #expect(try await records.task(id: task.id)?.events.map(\.status) == [.running, .completed])
    }

    @Test("a task's values are possible ones")
    func taskValues() async throws {
        let task = TaskRecord.sample(status: .queued)
        try await records.insert(task)
        for assignment in [
            "status = 0", "status = 14", "status = NULL", "attempts = -1", "maximum_attempts = 0", "input = '{'",
            "output = NULL", "owner = 'x'", "lease_expires_at = 5", "team_id = 'short'", "created_at = NULL",
            "status = 10, owner = 'x', lease_expires_at = 5",
        ] {
            refused("UPDATE tasks SET \(assignment) WHERE id = ?", [task.id])
        }
        refused("INSERT INTO task_events VALUES ('nobody', 0, 1, 0)")
        refused("INSERT INTO task_logs VALUES (?, 5, 0, 0)", [task.id])
        #expect(try await records.task(id: task.id) == task)
    }

    @Test("a file keeps its bytes, whole")
    func fileBytes() async throws {
        let file = FileRecord.sample(blob: .sample())
        let pending = FileRecord.sample()
        try await records.insert([file, pending])
        refused("UPDATE files SET blob_key = 'other' WHERE id = ?", [file.id])
        refused("UPDATE files SET blob_key = NULL, blob_size = NULL, blob_sha256 = NULL WHERE id = ?", [file.id])
        for assignment in [
            "blob_key = 'half'", "blob_size = 1", "declared_size = -1", "is_public = 2", "filename = NULL",
            "blob_key = 'k', blob_size = -1, blob_sha256 = hex(zeroblob(32))",
            "blob_key = 'k', blob_size = 1, blob_sha256 = 'short'",
        ] {
            refused("UPDATE files SET \(assignment) WHERE id = ?", [pending.id])
        }
        #expect(try await records.file(id: file.id) == file)
        #expect(try await records.file(id: pending.id) == pending)
    }

    @Test("keys belong to a team that stays, and stay revoked; secrets never change")
    func access() async throws {
        let team = try await records.team(named: "default", newID: Identifier.random(), at: .sample)
        let key = KeyRecord.sample(team: team)
        try await records.insert(key)
        _ = try await records.revoke(id: key.id, at: .sample)
        _ = try await records.secret(named: "links", orInsert: [1])
        refused("DELETE FROM teams")
        refused("UPDATE access_keys SET revoked_at = NULL")
        refused("UPDATE access_keys SET scopes = '{}'")
        refused("UPDATE secrets SET value = x'00'")
        refused("INSERT INTO secrets VALUES ('x', x'')")
        #expect(try await records.key(id: key.id)?.revokedAt == .sample)
    }

    @Test("whatever ends a task makes its webhook due, and a task's files have a role")
    func webhooksAndFiles() async throws {
        var task = TaskRecord.sample(status: .running)
        task.webhook = TaskRecord.Webhook(url: "https://example.com/", base: "")
        try await records.insert(task)
        try await stranger.write { [task] database in
            try database.execute(
                sql: "UPDATE tasks SET status = 11, updated_at = 7 WHERE id = ?", arguments: [task.id])
        }
        let due = try await records.takeDueWebhooks(
            at: Timestamp(microseconds: 7), heldUntil: .sample, limit: 9, teamLimit: 9)
        #expect(due.map(\.taskID) == [task.id])
        refused("INSERT INTO webhook_deliveries VALUES (?, ?, 0, 0, 0)", [Identifier.random(), task.teamID])
        for assignment in ["attempts = -1", "is_held = 2", "team_id = 'x'"] {
            refused("UPDATE webhook_deliveries SET \(assignment)")
        }
        refused("INSERT INTO task_files VALUES (?, 'inputs', ?, 0, 0)", [task.id, task.id])
        refused("INSERT INTO task_files VALUES ('x', 'input', ?, 0, 0)", [task.id])
    }

    @Test("values are of their columns' types", arguments: ["created_at = 'x'", "filename = x'00'", "is_public = 'y'"])
    func strictTables(assignment: String) async throws {
        let file = FileRecord.sample()
        try await records.insert([file])
        refused("UPDATE files SET \(assignment)")
        #expect(try await records.file(id: file.id) == file)
    }

    @Test("lists, claims and look-ups read an index, without sorting")
    func plans() throws {
        func plan(_ sql: String) throws -> String {
            try stranger.read { database in
                try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN " + sql)
                    .map { $0["detail"] as String }.joined(separator: "; ")
            }
        }
        for (table, index) in [("files", "files_by_team"), ("tasks", "tasks_by_team")] {
            for (sign, order) in [("<", "DESC"), (">", "ASC")] {
                let found = try plan(
                    """
                    SELECT * FROM \(table) WHERE team_id = 'a' AND (created_at, id) \(sign) (5, 'b')
                    ORDER BY created_at \(order), id \(order) LIMIT 10
                    """)
                #expect(found.contains(index), "\(found)")
                #expect(!found.contains("TEMP B-TREE"), "\(found)")
            }
        }
        let reference = try plan("SELECT EXISTS (SELECT 1 FROM files WHERE blob_key = 'a')")
        #expect(reference.contains("files_by_blob"), "\(reference)")
        let queue = try plan(
            SQLiteMetadata.nextTask.replacing(":now", with: "5").replacing(":chats", with: "0")
                .replacing(":most", with: "9"))
        #expect(queue.components(separatedBy: "COVERING INDEX tasks_unfinished").count == 5, "\(queue)")
        #expect(!queue.contains("SCAN tasks"), "\(queue)")
        let leases = try plan(
            "SELECT id FROM tasks WHERE lease_expires_at < 5 AND status BETWEEN 3 AND 9 ORDER BY lease_expires_at, id")
        #expect(leases.contains("tasks_by_lease"), "\(leases)")
        let count = try plan("SELECT count(*) FROM tasks WHERE status < 10")
        #expect(count.contains("tasks_unfinished"), "\(count)")
    }
}
