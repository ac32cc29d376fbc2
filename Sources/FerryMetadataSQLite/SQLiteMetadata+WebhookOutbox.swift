// SPDX-License-Identifier: Apache-2.0

package import FerryServerCore
package import FerryWire
internal import GRDB

extension SQLiteMetadata: WebhookOutbox {
    package func takeDueWebhooks(
        at time: Timestamp, heldUntil: Timestamp, limit: Int
    ) async throws -> [WebhookDelivery] {
        let arguments: StatementArguments = ["now": time.microseconds, "limit": max(limit, 0)]
        // Most searches find nothing: only then is the writer troubled.
        let isAny = try await read { database in
            let statement = try database.cachedStatement(
                sql: "SELECT EXISTS (SELECT 1 FROM webhook_deliveries WHERE due_at <= ?)")
            return try Bool.fetchOne(statement, arguments: [time.microseconds]) ?? false
        }
        guard isAny else { return [] }
        return try await write { database in
            let find = try database.cachedStatement(
                sql: """
                    SELECT task_id, webhook_deliveries.attempts, webhook, webhook_base
                    FROM webhook_deliveries JOIN tasks ON tasks.id = task_id
                    WHERE webhook_deliveries.due_at <= :now
                    ORDER BY webhook_deliveries.due_at, task_id LIMIT :limit
                    """)
            let hold = try database.cachedStatement(
                sql: "UPDATE webhook_deliveries SET attempts = attempts + 1, due_at = ? WHERE task_id = ?")
            return try Row.fetchAll(find, arguments: arguments).map { row in
                let delivery = WebhookDelivery(
                    taskID: row["task_id"],
                    webhook: TaskRecord.Webhook(url: row["webhook"], base: row["webhook_base"] ?? ""),
                    attempts: row["attempts"] + 1)
                try hold.execute(arguments: [heldUntil.microseconds, delivery.taskID])
                return delivery
            }
        }
    }

    package func postponeWebhook(taskID: String, until time: Timestamp) async throws {
        guard Identifier.isValid(taskID) else { return }
        try await write { database in
            try database.execute(
                sql: "UPDATE webhook_deliveries SET due_at = ? WHERE task_id = ?",
                arguments: [time.microseconds, taskID])
        }
    }

    package func removeWebhook(taskID: String) async throws {
        guard Identifier.isValid(taskID) else { return }
        try await write { database in
            try database.execute(sql: "DELETE FROM webhook_deliveries WHERE task_id = ?", arguments: [taskID])
        }
    }
}
