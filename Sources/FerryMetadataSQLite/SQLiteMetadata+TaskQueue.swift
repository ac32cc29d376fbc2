// SPDX-License-Identifier: Apache-2.0

package import FerryServerCore
package import FerryWire
internal import GRDB

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

extension SQLiteMetadata: TaskQueue {
    /// Most tasks taken back at once.
    private static let maximumReclaimed = 100

    package func claim(
        owner: String, leaseUntil: Timestamp, ofChats: Bool, maximumPerTeam: Int, at time: Timestamp
    ) async throws -> TaskRecord? {
        let owner = try owner.storable
        return try await write { [documents] database in
            let next = try database.cachedStatement(sql: Self.nextTask)
            let arguments: StatementArguments = [
                "now": time.microseconds, "chats": ofChats, "most": maximumPerTeam,
            ]
            guard let id = try String.fetchOne(next, arguments: arguments) else { return nil }
            let statement = try database.cachedStatement(
                sql: """
                    UPDATE tasks SET status = 3, owner = ?, lease_expires_at = ?, attempts = attempts + 1,
                        updated_at = ?
                    WHERE id = ? AND status = 2
                    """)
            try statement.execute(arguments: [owner, leaseUntil.microseconds, time.microseconds, id])
            guard database.changesCount == 1 else { return nil }
            let turn = try database.cachedStatement(
                sql: """
                    INSERT INTO team_turns (team_id, is_chat, turn)
                    SELECT team_id, is_chat, (SELECT coalesce(max(turn), 0) + 1 FROM team_turns)
                    FROM tasks WHERE id = ?
                    ON CONFLICT (team_id, is_chat) DO UPDATE SET turn = excluded.turn
                    """)
            try turn.execute(arguments: [id])
            try Self.record(database, .dispatched, of: id, at: time)
            return try TaskRecord.fetch(database, id: id, documents: documents)
        }
    }

    /// Of the team with the fewest tasks of the kind under way, and among those the one whose turn is longest ago, the
    /// task due longest; nobody is pushed back for tasks of the other kind. A call of a session waits in the queue, not
    /// in a place, while another call of it is under way. Read from one index of unfinished tasks, used only where the
    /// statement says so in the same words: it goes from team to team, not from task to task.
    static let nextTask = """
        WITH RECURSIVE teams (team_id) AS (
            SELECT min(team_id) FROM tasks WHERE status = 2 AND status < 10 AND is_chat = :chats
            UNION ALL
            SELECT (
                SELECT min(team_id) FROM tasks
                WHERE status = 2 AND status < 10 AND is_chat = :chats AND team_id > teams.team_id
            ) FROM teams WHERE teams.team_id IS NOT NULL
        ), firsts AS MATERIALIZED (
            SELECT teams.team_id, (
                SELECT id FROM tasks
                WHERE status = 2 AND status < 10 AND is_chat = :chats AND tasks.team_id = teams.team_id
                    AND (run_at IS NULL OR run_at <= :now)
                    AND (session_id IS NULL OR NOT EXISTS (
                        SELECT 1 FROM tasks AS other
                        WHERE other.session_id = tasks.session_id AND other.status BETWEEN 3 AND 9
                    ))
                ORDER BY due_at, id LIMIT 1
            ) AS id FROM teams WHERE teams.team_id IS NOT NULL
        ), busy AS (
            SELECT team_id, count(*) AS amount FROM tasks
            WHERE status BETWEEN 3 AND 9 AND status < 10 AND is_chat = :chats GROUP BY team_id
        )
        SELECT firsts.id FROM firsts LEFT JOIN busy USING (team_id)
        LEFT JOIN team_turns ON team_turns.team_id = firsts.team_id AND team_turns.is_chat = :chats
        JOIN tasks ON tasks.id = firsts.id
        WHERE coalesce(amount, 0) < :most
        ORDER BY coalesce(amount, 0), coalesce(turn, 0), tasks.due_at, firsts.id LIMIT 1
        """

    package func renew(id: String, owner: String, leaseUntil: Timestamp) async throws -> TaskStatus? {
        guard Identifier.isValid(id) else { return nil }
        let owner = try owner.storable
        return try await write { database in
            let statement = try database.cachedStatement(
                sql: "UPDATE tasks SET lease_expires_at = ? WHERE id = ? AND owner = ? AND status < 10")
            try statement.execute(arguments: [leaseUntil.microseconds, id, owner])
            guard database.changesCount == 1 else { return nil }
            let status = try database.cachedStatement(sql: "SELECT status FROM tasks WHERE id = ?")
            return try Int.fetchOne(status, arguments: [id]).map(TaskStatus.init(stored:))
        }
    }

    package func reclaim(
        leaseExpiredBefore expiry: Timestamp, error: String, at time: Timestamp
    ) async throws -> [TaskRecord] {
        let error = Data(error.utf8)
        return try await write { [documents] database in
            let expired = try database.cachedStatement(
                sql: """
                    SELECT id, status, attempts < maximum_attempts AS may_run FROM tasks
                    WHERE lease_expires_at < ? AND status BETWEEN 3 AND 9 ORDER BY lease_expires_at, id LIMIT ?
                    """)
            let rows = try Row.fetchAll(expired, arguments: [expiry.microseconds, Self.maximumReclaimed])
            return try rows.compactMap { row in
                let id: String = row["id"]
                let status = Self.fate(of: try TaskStatus(stored: row["status"]), mayRun: row["may_run"])
                let statement = try database.cachedStatement(
                    sql: """
                        UPDATE tasks SET status = ?, error = coalesce(?, error), owner = NULL,
                            lease_expires_at = NULL, updated_at = ?
                        WHERE id = ?
                        """)
                try statement.execute(
                    arguments: [status.rawValue, status == .failed ? error : nil, time.microseconds, id])
                try Self.record(database, status, of: id, at: time)
                return try TaskRecord.fetch(database, id: id, documents: documents)
            }
        }
    }

    private static func fate(of status: TaskStatus, mayRun: Bool) -> TaskStatus {
        if status == .cancelling { return .cancelled }
        return mayRun ? .queued : .failed
    }
}
