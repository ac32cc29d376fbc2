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

    package func claim(owner: String, leaseUntil: Timestamp, at time: Timestamp) async throws -> TaskRecord? {
        let owner = try owner.storable
        return try await write { [documents] database in
            let next = try database.cachedStatement(sql: Self.nextTask)
            guard let id = try String.fetchOne(next, arguments: ["now": time.microseconds]) else { return nil }
            let statement = try database.cachedStatement(
                sql: """
                    UPDATE tasks SET status = 3, owner = ?, lease_expires_at = ?, attempts = attempts + 1,
                        updated_at = ?
                    WHERE id = ? AND status = 2
                    """)
            try statement.execute(arguments: [owner, leaseUntil.microseconds, time.microseconds, id])
            guard database.changesCount == 1 else { return nil }
            try Self.record(database, .dispatched, of: id, at: time)
            return try TaskRecord.fetch(database, id: id, documents: documents)
        }
    }

    /// Of the team with the fewest tasks under way, the task due longest. Read from one index alone: that index is
    /// of unfinished tasks, and is used only where the statement says so in the same words.
    static let nextTask = """
        WITH queued AS (
            SELECT id, team_id, due_at,
                row_number() OVER (PARTITION BY team_id ORDER BY due_at, id) AS place
            FROM tasks WHERE status = 2 AND status < 10 AND (run_at IS NULL OR run_at <= :now)
        ), busy AS (
            SELECT team_id, count(*) AS amount FROM tasks
            WHERE status BETWEEN 3 AND 9 AND status < 10 GROUP BY team_id
        )
        SELECT id FROM queued LEFT JOIN busy USING (team_id) WHERE place = 1
        ORDER BY coalesce(amount, 0), due_at, id LIMIT 1
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
