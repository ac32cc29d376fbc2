// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import GRDB

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

extension TaskRecord {
    /// The record of that id, with its events and, if wanted, its logs.
    static func fetch(
        _ database: Database, id: String, documents: DocumentColumn, withLogs: Bool = true
    ) throws -> TaskRecord? {
        let statement = try database.cachedStatement(sql: "SELECT * FROM tasks WHERE id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [id]) else { return nil }
        var task = try TaskRecord(row: row, documents: documents)
        let events = try database.cachedStatement(
            sql: "SELECT status, time FROM task_events WHERE task_id = ? ORDER BY position")
        task.events = try Row.fetchAll(events, arguments: [id]).map(Event.init(row:))
        if withLogs { task.logs = try TaskLogPieces.logs(database, id: id) }
        return task
    }

    init(row: Row, documents: DocumentColumn) throws {
        let error: Data? = row["error"]
        let lease: Int64? = row["lease_expires_at"]
        let runAt: Int64? = row["run_at"]
        let webhook: String? = row["webhook"]
        let session: String? = row["session_id"]
        self.init(
            id: row["id"], teamID: row["team_id"], userID: row["user_id"],
            createdAt: Timestamp(microseconds: row["created_at"]),
            updatedAt: Timestamp(microseconds: row["updated_at"]), status: try TaskStatus(stored: row["status"]),
            app: row["app"], appID: row["app_id"], appVersionID: row["app_version_id"], function: row["function"],
            session: session.map { Session(id: $0, timeout: row["session_timeout"]) }, chatID: row["chat_id"],
            input: try documents.value(row["input"]), setup: try documents.value(row["setup"]),
            output: try documents.value(row["output"]), error: error.map { String(decoding: $0, as: UTF8.self) },
            attempts: row["attempts"], maximumAttempts: row["maximum_attempts"], owner: row["owner"],
            leaseExpiresAt: lease.map(Timestamp.init(microseconds:)),
            runAt: runAt.map(Timestamp.init(microseconds:)),
            webhook: webhook.map { Webhook(url: $0, base: row["webhook_base"] ?? "") })
    }
}

extension TaskRecord.Event {
    init(row: Row) throws {
        self.init(status: try TaskStatus(stored: row["status"]), time: Timestamp(microseconds: row["time"]))
    }
}

extension TaskStatus {
    init(stored number: Int) throws(ServerError) {
        guard let status = TaskStatus(rawValue: number) else {
            throw ServerError(.internalError, "a stored task has an unknown state")
        }
        self = status
    }
}
