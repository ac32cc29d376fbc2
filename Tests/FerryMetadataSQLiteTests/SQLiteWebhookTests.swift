// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryTesting
import FerryWire
import Foundation
import GRDB
import Testing

@testable import FerryMetadataSQLite

@Suite("SQLite records: webhooks")
struct SQLiteWebhookTests {
    @Test("deliveries of an older schema stay as they were")
    func migration() async throws {
        let ids = (0..<2).map { _ in Identifier.random() }
        let database = try TemporaryDatabase()
        do {
            let queue = try DatabaseQueue(path: database.path)
            try Schema.migrator.migrate(queue, upTo: "3-tasks")
            try await queue.write { database in
                for (id, hook) in zip(ids, ["http://a.example/", nil]) {
                    try database.execute(
                        sql: """
                            INSERT INTO tasks (id, team_id, user_id, created_at, updated_at, status, app, app_id,
                                app_version_id, function, attempts, maximum_attempts, setup, output, input, due_at,
                                webhook)
                            VALUES (?, ?, '', 1, 1, 7, 'a/b', '', '', 'run', 0, 3, 'null', 'null', '{}', 1, ?)
                            """, arguments: [id, ids[1], hook])
                }
                try database.execute(sql: "UPDATE tasks SET status = 10, updated_at = 5")
                try database.execute(sql: "UPDATE webhook_deliveries SET attempts = 3")
            }
            try queue.close()
        }
        let records = try database.open()
        func take(at time: Int64) async throws -> [WebhookDelivery] {
            try await records.takeDueWebhooks(
                at: Timestamp(microseconds: time), heldUntil: .sample, limit: 9, teamLimit: 9)
        }
        #expect(try await take(at: 4).isEmpty)
        let webhook = TaskRecord.Webhook(url: "http://a.example/", base: "")
        #expect(try await take(at: 5) == [WebhookDelivery(taskID: ids[0], webhook: webhook, attempts: 4)])
        #expect(try await records.delete(id: ids[0]))
        let stranger = try database.stranger()
        let left = try await stranger.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM webhook_deliveries") }
        #expect(left == 0)
    }

    @Test("the next delivery is found by indexes, whatever the crowd")
    func plan() async throws {
        let database = try TemporaryDatabase()
        try await database.open().removeWebhook(taskID: Identifier.random())
        let sql = SQLiteMetadata.nextWebhook.replacing(":now", with: "5").replacing(":teamLimit", with: "5")
        let found = try await database.stranger().read { database in
            try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN " + sql)
                .map { $0["detail"] as String }.joined(separator: "; ")
        }
        #expect(
            found.components(separatedBy: "webhook_deliveries USING COVERING INDEX webhook_deliveries_by_team").count
                == 4,
            "\(found)")
        #expect(found.contains("INDEX webhook_deliveries_held"), "\(found)")
        #expect(!found.contains("SCAN webhook_deliveries USING COVERING INDEX webhook_deliveries_by"), "\(found)")
        #expect(!found.contains("SCAN tasks"), "\(found)")
    }
}
