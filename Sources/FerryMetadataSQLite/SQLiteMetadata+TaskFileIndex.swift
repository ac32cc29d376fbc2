// SPDX-License-Identifier: Apache-2.0

package import FerryServerCore
package import FerryWire
internal import GRDB

extension SQLiteMetadata: TaskFileIndex {
    package func insertTaskFiles(_ files: [TaskFileRecord]) async throws {
        try await write { database in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO task_files (task_id, role, file_id, created_at, position)
                    SELECT :task, :role, :file, :time, coalesce(max(position) + 1, 0) FROM task_files
                    WHERE task_id = :task AND role = :role
                    ON CONFLICT DO NOTHING
                    """)
            for file in files {
                try statement.execute(arguments: [
                    "task": file.taskID, "role": file.role.rawValue, "file": file.fileID,
                    "time": file.createdAt.microseconds,
                ])
            }
        }
    }

    package func taskFiles(ofTask id: String, role: TaskFileDTO.Role?) async throws -> [TaskFileRecord] {
        guard Identifier.isValid(id) else { return [] }
        return try await read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT * FROM task_files WHERE task_id = :task AND (:role IS NULL OR role = :role)
                    ORDER BY role, position
                    """)
            return try Row.fetchAll(statement, arguments: ["task": id, "role": role?.rawValue]).compactMap { row in
                guard let role = TaskFileDTO.Role(rawValue: row["role"]) else { return nil }
                return TaskFileRecord(
                    taskID: row["task_id"], fileID: row["file_id"], role: role,
                    createdAt: Timestamp(microseconds: row["created_at"]))
            }
        }
    }

    package func removeTaskFiles(
        ofTask id: String, role: TaskFileDTO.Role?, fileIDs: [String]?
    ) async throws {
        guard Identifier.isValid(id) else { return }
        let ids = fileIDs.map { JSONValue.array($0.map(JSONValue.string)).description }
        try await write { database in
            try database.execute(
                sql: """
                    DELETE FROM task_files WHERE task_id = :task AND (:role IS NULL OR role = :role)
                        AND (:ids IS NULL OR file_id IN (SELECT value FROM json_each(:ids)))
                    """, arguments: ["task": id, "role": role?.rawValue, "ids": ids])
        }
    }
}
