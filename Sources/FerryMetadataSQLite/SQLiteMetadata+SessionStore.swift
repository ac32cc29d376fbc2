// SPDX-License-Identifier: Apache-2.0

package import FerryServerCore
package import FerryWire
internal import GRDB

extension SQLiteMetadata: SessionStore {
    package func insert(_ session: SessionRecord, maximumActive: Int) async throws -> Bool {
        let columns = try columns(of: session)
        return try await write { database in
            let count = try database.cachedStatement(
                sql: "SELECT count(*) FROM sessions WHERE team_id = ? AND status = 'active'")
            guard try Int.fetchOne(count, arguments: [session.teamID]) ?? 0 < maximumActive else { return false }
            try database.execute(
                sql: """
                    INSERT INTO sessions (id, team_id, user_id, created_at, updated_at, status, app, app_id,
                        app_version_id, setup, task_id, idle_timeout, expires_at, ended_at, call_count,
                        last_call_at, owner)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: columns)
            return true
        }
    }

    private func columns(of session: SessionRecord) throws(ServerError) -> StatementArguments {
        [
            try session.id.storable, try session.teamID.storable, try session.userID.storable,
            session.createdAt.microseconds, session.updatedAt.microseconds, session.status.rawValue,
            try session.app.storable, try session.appID.storable, try session.appVersionID.storable,
            try documents.text(session.setup), try session.taskID.storable, session.idleTimeout,
            session.expiresAt.microseconds, session.endedAt?.microseconds, session.callCount,
            session.lastCallAt?.microseconds, try session.owner?.storable,
        ]
    }

    package func session(id: String) async throws -> SessionRecord? {
        guard Identifier.isValid(id) else { return nil }
        return try await read { [documents] in try SessionRecord.fetch($0, id: id, documents: documents) }
    }

    package func sessions(teamID: String, limit: Int) async throws -> [SessionRecord] {
        let teamID = try teamID.storable
        return try await read { [documents] database in
            let statement = try database.cachedStatement(
                sql: "SELECT * FROM sessions WHERE team_id = ? ORDER BY created_at DESC, id DESC LIMIT ?")
            return try Row.fetchAll(statement, arguments: [teamID, max(limit, 0)])
                .map { try SessionRecord(row: $0, documents: documents) }
        }
    }

    package func overdue(at time: Timestamp, limit: Int) async throws -> [SessionRecord] {
        try await read { [documents] database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT * FROM sessions WHERE status = 'active' AND expires_at <= ?
                    ORDER BY expires_at, id LIMIT ?
                    """)
            return try Row.fetchAll(statement, arguments: [time.microseconds, max(limit, 0)])
                .map { try SessionRecord(row: $0, documents: documents) }
        }
    }

    package func activeCount() async throws -> Int {
        try await read { database in
            let statement = try database.cachedStatement(sql: "SELECT count(*) FROM sessions WHERE status = 'active'")
            return try Int.fetchOne(statement) ?? 0
        }
    }

    package func update(
        id: String, change: SessionChange, overdueAt: Timestamp?, at time: Timestamp
    ) async throws -> SessionRecord? {
        guard Identifier.isValid(id) else { return nil }
        return try await write { [documents] database in
            guard let old = try SessionRecord.fetch(database, id: id, documents: documents), old.status == .active,
                overdueAt.map({ old.expiresAt <= $0 }) ?? true
            else { return nil }
            let new = change.applied(to: old, at: time)
            let statement = try database.cachedStatement(
                sql: """
                    UPDATE sessions SET updated_at = ?, status = ?, expires_at = ?, ended_at = ?, call_count = ?,
                        last_call_at = ?, owner = ?
                    WHERE id = ?
                    """)
            try statement.execute(arguments: [
                new.updatedAt.microseconds, new.status.rawValue, new.expiresAt.microseconds,
                new.endedAt?.microseconds, new.callCount, new.lastCallAt?.microseconds, try new.owner?.storable, id,
            ])
            return new
        }
    }

    package func removeEnded(before time: Timestamp, limit: Int) async throws -> Int {
        try await write { database in
            try database.execute(
                sql: "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE ended_at < ? LIMIT ?)",
                arguments: [time.microseconds, max(limit, 0)])
            return database.changesCount
        }
    }
}

extension SessionRecord {
    static func fetch(_ database: Database, id: String, documents: DocumentColumn) throws -> SessionRecord? {
        let statement = try database.cachedStatement(sql: "SELECT * FROM sessions WHERE id = ?")
        return try Row.fetchOne(statement, arguments: [id]).map { try SessionRecord(row: $0, documents: documents) }
    }

    init(row: Row, documents: DocumentColumn) throws {
        guard let status = SessionStatus(rawValue: row["status"]) else {
            throw ServerError(.internalError, "a stored session has an unknown state")
        }
        self.init(
            id: row["id"], teamID: row["team_id"], userID: row["user_id"],
            createdAt: Timestamp(microseconds: row["created_at"]),
            updatedAt: Timestamp(microseconds: row["updated_at"]), status: status, app: row["app"],
            appID: row["app_id"], appVersionID: row["app_version_id"], setup: try documents.value(row["setup"]),
            taskID: row["task_id"], idleTimeout: row["idle_timeout"],
            expiresAt: Timestamp(microseconds: row["expires_at"]),
            endedAt: (row["ended_at"] as Int64?).map(Timestamp.init(microseconds:)), callCount: row["call_count"],
            lastCallAt: (row["last_call_at"] as Int64?).map(Timestamp.init(microseconds:)), owner: row["owner"])
    }
}
