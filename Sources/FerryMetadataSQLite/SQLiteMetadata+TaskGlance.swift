// SPDX-License-Identifier: Apache-2.0

package import FerryServerCore
internal import FerryWire
internal import GRDB

extension SQLiteMetadata {
    package func glance(id: String) async throws -> TaskGlance? {
        guard Identifier.isValid(id) else { return nil }
        return try await read { database in
            // A log grows in its last piece, or gets another.
            let statement = try database.cachedStatement(
                sql: """
                    SELECT status, updated_at,
                        (SELECT total(updated_at) FROM task_logs WHERE task_id = tasks.id) AS logged_at,
                        (SELECT coalesce(sum(position * 65536 + length(content)), 0) FROM task_log_pieces
                            WHERE task_id = tasks.id) AS logged
                    FROM tasks WHERE id = ?
                    """)
            guard let row = try Row.fetchOne(statement, arguments: [id]) else { return nil }
            let (time, size): (Double, Int64) = (row["logged_at"], row["logged"])
            return TaskGlance(
                status: try TaskStatus(stored: row["status"]), updatedAt: Timestamp(microseconds: row["updated_at"]),
                logMark: Int64(bitPattern: time.bitPattern) ^ size)
        }
    }
}
