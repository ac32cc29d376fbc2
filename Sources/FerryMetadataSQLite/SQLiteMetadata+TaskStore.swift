// SPDX-License-Identifier: Apache-2.0

package import FerryServerCore
package import FerryWire
internal import GRDB

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

extension SQLiteMetadata: TaskStore {
    package func insert(_ task: TaskRecord) async throws {
        let columns = try columns(of: task)
        try await write { database in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO tasks (id, team_id, user_id, created_at, updated_at, status, app, app_id,
                        app_version_id, function, attempts, maximum_attempts, error, setup, output, input,
                        run_at, due_at, webhook, webhook_base, session_id, session_timeout, chat_id, is_chat)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """)
            try statement.execute(arguments: columns)
            for event in task.events {
                try Self.record(database, event.status, of: task.id, at: event.time)
            }
        }
    }

    private func columns(of task: TaskRecord) throws(ServerError) -> StatementArguments {
        [
            try task.id.storable, try task.teamID.storable, try task.userID.storable, task.createdAt.microseconds,
            task.updatedAt.microseconds, task.status.rawValue, try task.app.storable, try task.appID.storable,
            try task.appVersionID.storable, try task.function.storable, task.attempts, task.maximumAttempts,
            task.error.map { Data($0.utf8) }, try documents.text(task.setup), try documents.text(task.output),
            try documents.text(task.input), task.runAt?.microseconds, task.dueAt.microseconds,
            try task.webhook?.url.storable, try task.webhook?.base.storable,
            try task.session?.id.storable, task.session?.timeout, try task.chatID?.storable, task.chatID != nil,
        ]
    }

    package func task(id: String) async throws -> TaskRecord? {
        guard Identifier.isValid(id) else { return nil }
        return try await read { [documents] in try TaskRecord.fetch($0, id: id, documents: documents) }
    }

    package func transition(
        id: String, to status: TaskStatus, from allowed: Set<TaskStatus>, owner: String?, change: TaskChange,
        at time: Timestamp
    ) async throws -> TaskRecord? {
        guard Identifier.isValid(id) else { return nil }
        let allowed = "[" + allowed.map { String($0.rawValue) }.joined(separator: ",") + "]"
        let owner = try owner?.storable
        let output = try change.output.map(documents.text)
        let error = change.error.map { Data($0.utf8) }
        return try await write { [documents] database in
            let statement = try database.cachedStatement(
                sql: """
                    UPDATE tasks SET status = :status, updated_at = :time, output = coalesce(:output, output),
                        error = coalesce(:error, error),
                        attempts = attempts - iif(:queued AND owner IS NOT NULL AND attempts > 0, 1, 0),
                        owner = iif(:released, NULL, owner),
                        lease_expires_at = iif(:released, NULL, lease_expires_at)
                    WHERE id = :id AND status < 10 AND status IN (SELECT value FROM json_each(:allowed))
                        AND (:owner IS NULL OR owner = :owner)
                    """)
            try statement.execute(arguments: [
                "status": status.rawValue, "time": time.microseconds, "output": output, "error": error,
                "queued": status == .queued, "released": status.isTerminal || status == .queued, "id": id,
                "allowed": allowed, "owner": owner,
            ])
            guard database.changesCount == 1 else { return nil }
            try Self.record(database, status, of: id, at: time)
            return try TaskRecord.fetch(database, id: id, documents: documents)
        }
    }

    /// Adds a change of state to a task's events.
    static func record(_ database: Database, _ status: TaskStatus, of id: String, at time: Timestamp) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO task_events (task_id, position, status, time)
                SELECT :id, coalesce(max(position) + 1, 0), :status, :time FROM task_events WHERE task_id = :id
                """)
        try statement.execute(arguments: ["id": id, "status": status.rawValue, "time": time.microseconds])
    }

    package func appendLog(
        id: String, kind: TaskLogDTO.Kind, text: String, maximumBytes: Int, at time: Timestamp
    ) async throws {
        guard Identifier.isValid(id), !text.isEmpty else { return }
        try await write { database in
            let exists = try database.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM tasks WHERE id = ?)")
            guard try Bool.fetchOne(exists, arguments: [id]) == true else { return }
            try TaskLogPieces.append(
                database, TaskLogPieces.Key(taskID: id, kind: kind), text: text, maximumBytes: maximumBytes, at: time)
        }
    }

    package func list(_ query: RecordQuery) async throws -> [TaskRecord] {
        let statement = try ListedTable.tasks.statement(query)
        let tasks = try await read { [documents] database in
            var tasks = try Row.fetchAll(database, sql: statement.sql, arguments: statement.arguments)
                .map { try TaskRecord(row: $0, documents: documents) }
            let ids = JSONValue.array(tasks.map { .string($0.id) }).description
            let events = try database.cachedStatement(
                sql: """
                    SELECT task_id, status, time FROM task_events
                    WHERE task_id IN (SELECT value FROM json_each(?)) ORDER BY task_id, position
                    """)
            let byTask = try Dictionary(grouping: Row.fetchAll(events, arguments: [ids])) { $0["task_id"] as String }
            for index in tasks.indices {
                tasks[index].events = try byTask[tasks[index].id]?.map(TaskRecord.Event.init(row:)) ?? []
            }
            return tasks
        }
        return query.isBackward ? tasks.reversed() : tasks
    }

    package func delete(id: String) async throws -> Bool {
        guard Identifier.isValid(id) else { return false }
        return try await write { database in
            try database.execute(sql: "DELETE FROM tasks WHERE id = ? AND status >= 10", arguments: [id])
            return database.changesCount == 1
        }
    }

    package func unfinishedCount() async throws -> Int {
        try await read { try Int.fetchOne($0, sql: "SELECT count(*) FROM tasks WHERE status < 10") ?? 0 }
    }
}
