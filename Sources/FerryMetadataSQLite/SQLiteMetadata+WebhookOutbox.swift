// SPDX-License-Identifier: Apache-2.0

package import FerryServerCore
package import FerryWire
internal import GRDB

extension SQLiteMetadata: WebhookOutbox {
    package func takeDueWebhooks(
        at time: Timestamp, heldUntil: Timestamp, limit: Int, teamLimit: Int
    ) async throws -> [WebhookDelivery] {
        // Most searches find nothing: only then is the writer troubled.
        let isAny = try await read { database in
            let statement = try database.cachedStatement(
                sql: "SELECT EXISTS (SELECT 1 FROM webhook_deliveries WHERE due_at <= ?)")
            return try Bool.fetchOne(statement, arguments: [time.microseconds]) ?? false
        }
        guard isAny else { return [] }
        return try await write { database in
            let find = try database.cachedStatement(sql: Self.nextWebhook)
            let hold = try database.cachedStatement(
                sql: """
                    UPDATE webhook_deliveries SET attempts = attempts + 1, due_at = ?, is_held = 1 WHERE task_id = ?
                    """)
            var taken: [WebhookDelivery] = []
            while taken.count < limit,
                let row = try Row.fetchOne(find, arguments: ["now": time.microseconds, "teamLimit": teamLimit])
            {
                let delivery = WebhookDelivery(
                    taskID: row["task_id"],
                    webhook: TaskRecord.Webhook(url: row["webhook"], base: row["webhook_base"] ?? ""),
                    attempts: row["attempts"] + 1)
                // Held until a time that has come already, it would be found again.
                guard !taken.contains(where: { $0.taskID == delivery.taskID }) else { break }
                try hold.execute(arguments: [heldUntil.microseconds, delivery.taskID])
                taken.append(delivery)
            }
            return taken
        }
    }

    /// Of the team with the fewest deliveries under way, the one due longest. Steps through the index from team to
    /// team, so that a team's crowd costs nothing.
    static let nextWebhook = """
        WITH RECURSIVE teams (team_id) AS (
            SELECT min(team_id) FROM webhook_deliveries
            UNION ALL
            SELECT (SELECT min(team_id) FROM webhook_deliveries WHERE team_id > teams.team_id)
            FROM teams WHERE team_id IS NOT NULL
        ), busy AS (
            SELECT team_id, count(*) AS amount FROM webhook_deliveries
            WHERE is_held = 1 AND due_at > :now GROUP BY team_id
        ), firsts AS (
            SELECT coalesce(amount, 0) AS amount,
                (SELECT task_id FROM webhook_deliveries
                WHERE webhook_deliveries.team_id = teams.team_id AND due_at <= :now
                ORDER BY due_at, task_id LIMIT 1) AS first_id
            FROM teams LEFT JOIN busy USING (team_id) WHERE teams.team_id IS NOT NULL
        )
        SELECT task_id, webhook_deliveries.attempts, webhook, webhook_base
        FROM firsts JOIN webhook_deliveries ON task_id = first_id JOIN tasks ON tasks.id = task_id
        WHERE amount < :teamLimit
        ORDER BY amount, webhook_deliveries.due_at, task_id LIMIT 1
        """

    package func postponeWebhook(taskID: String, until time: Timestamp, countsAttempt: Bool) async throws {
        guard Identifier.isValid(taskID) else { return }
        try await write { database in
            try database.execute(
                sql: """
                    UPDATE webhook_deliveries SET due_at = ?, is_held = 0, attempts = max(attempts - ?, 0)
                    WHERE task_id = ?
                    """,
                arguments: [time.microseconds, countsAttempt ? 0 : 1, taskID])
        }
    }

    package func nextWebhookTime() async throws -> Timestamp? {
        try await read { database in
            let statement = try database.cachedStatement(sql: "SELECT min(due_at) FROM webhook_deliveries")
            return try Int64.fetchOne(statement).map(Timestamp.init(microseconds:))
        }
    }

    package func removeWebhook(taskID: String) async throws {
        guard Identifier.isValid(taskID) else { return }
        try await write { database in
            try database.execute(sql: "DELETE FROM webhook_deliveries WHERE task_id = ?", arguments: [taskID])
        }
    }
}
