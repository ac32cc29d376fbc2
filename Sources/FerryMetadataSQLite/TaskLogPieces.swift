// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import GRDB

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// Logs of tasks, stored in pieces: appending writes one small piece, and what is too old goes piece by piece.
enum TaskLogPieces {
    /// Bytes up to which the last piece grows before a new one is begun.
    private static let pieceSize = 16_384

    /// The log and the key of its pieces.
    struct Key {
        var taskID: String
        var kind: TaskLogDTO.Kind
        var arguments: StatementArguments { [taskID, kind.rawValue] }
    }

    /// All logs of a task.
    static func logs(_ database: Database, id: String) throws -> [TaskRecord.Log] {
        let logs = try database.cachedStatement(
            sql: "SELECT kind, created_at, updated_at FROM task_logs WHERE task_id = ? ORDER BY kind")
        return try Row.fetchAll(logs, arguments: [id]).compactMap { row in
            guard let kind = TaskLogDTO.Kind(rawValue: row["kind"]) else { return nil }
            let content = try pieces(database, Key(taskID: id, kind: kind)).reduce(into: Data()) { $0 += $1.content }
            return TaskRecord.Log(
                kind: kind, createdAt: Timestamp(microseconds: row["created_at"]),
                updatedAt: Timestamp(microseconds: row["updated_at"]), content: String(decoding: content, as: UTF8.self)
            )
        }
    }

    private static func pieces(_ database: Database, _ key: Key) throws -> [(position: Int64, content: Data)] {
        let statement = try database.cachedStatement(
            sql: "SELECT position, content FROM task_log_pieces WHERE task_id = ? AND kind = ? ORDER BY position")
        return try Row.fetchAll(statement, arguments: key.arguments).map { ($0["position"], $0["content"]) }
    }

    /// Appends text and drops the oldest beyond the limit, cut on a scalar.
    static func append(
        _ database: Database, _ key: Key, text: String, maximumBytes: Int, at time: Timestamp
    ) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO task_logs (task_id, kind, created_at, updated_at) VALUES (?, ?, ?, ?)
                ON CONFLICT (task_id, kind) DO UPDATE SET updated_at = excluded.updated_at
                """)
        try statement.execute(
            arguments: [key.taskID, key.kind.rawValue, time.microseconds, time.microseconds])
        // More than fits is dropped before it is stored.
        try store(database, key, Data(latest(maximumBytes, of: Array(text.utf8))))
        try trim(database, key, maximumBytes: maximumBytes)
    }

    private static func store(_ database: Database, _ key: Key, _ content: Data) throws {
        let last = try database.cachedStatement(
            sql: """
                SELECT position, length(content) AS size FROM task_log_pieces WHERE task_id = ? AND kind = ?
                ORDER BY position DESC LIMIT 1
                """)
        let row = try Row.fetchOne(last, arguments: key.arguments)
        if let row, row["size"] + content.count <= pieceSize {
            // Concatenation makes text of two blobs; the cast keeps the bytes and the type.
            let grow = try database.cachedStatement(
                sql: """
                    UPDATE task_log_pieces SET content = CAST(content || ? AS BLOB)
                    WHERE task_id = ? AND kind = ? AND position = ?
                    """)
            try grow.execute(arguments: [content, key.taskID, key.kind.rawValue, row["position"] as Int64])
        } else {
            let insert = try database.cachedStatement(
                sql: "INSERT INTO task_log_pieces (task_id, kind, position, content) VALUES (?, ?, ?, ?)")
            let position: Int64 = row.map { $0["position"] + 1 } ?? 0
            try insert.execute(arguments: [key.taskID, key.kind.rawValue, position, content])
        }
    }

    private static func trim(_ database: Database, _ key: Key, maximumBytes: Int) throws {
        let sizes = try database.cachedStatement(
            sql: """
                SELECT position, length(content) AS size FROM task_log_pieces WHERE task_id = ? AND kind = ?
                ORDER BY position
                """)
        let pieces = try Row.fetchAll(sizes, arguments: key.arguments)
            .map { (position: $0["position"] as Int64, size: $0["size"] as Int) }
        var excess = pieces.map(\.size).reduce(0, +) - max(maximumBytes, 0)
        for piece in pieces where excess > 0 {
            let arguments = key.arguments + [piece.position]
            if piece.size <= excess {
                try database.execute(
                    sql: "DELETE FROM task_log_pieces WHERE task_id = ? AND kind = ? AND position = ?",
                    arguments: arguments)
                excess -= piece.size
            } else {
                let content = try Data.fetchOne(
                    database,
                    sql: "SELECT content FROM task_log_pieces WHERE task_id = ? AND kind = ? AND position = ?",
                    arguments: arguments)
                let kept = latest(piece.size - excess, of: Array(content ?? Data()))
                try database.execute(
                    sql: "UPDATE task_log_pieces SET content = ? WHERE task_id = ? AND kind = ? AND position = ?",
                    arguments: [Data(kept)] + arguments)
                excess = 0
            }
        }
    }

    /// The last bytes of UTF-8 text, beginning with a whole scalar.
    private static func latest(_ maximumBytes: Int, of bytes: [UInt8]) -> ArraySlice<UInt8> {
        guard bytes.count > maximumBytes else { return bytes[...] }
        return bytes.suffix(max(maximumBytes, 0)).drop { $0 & 0xC0 == 0x80 }
    }
}
