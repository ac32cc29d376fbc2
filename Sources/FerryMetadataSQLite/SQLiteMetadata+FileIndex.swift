// SPDX-License-Identifier: Apache-2.0

package import FerryServerCore
package import FerryWire
internal import GRDB

extension SQLiteMetadata: FileIndex {
    package func insert(_ files: [FileRecord]) async throws {
        try await write { database in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO files (id, team_id, user_id, created_at, updated_at, filename, content_type,
                        declared_size, path, category, is_public, blob_key, blob_size, blob_sha256,
                        expires_at, type_is_guess)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """)
            for file in files { try statement.execute(arguments: file.columns()) }
        }
    }

    package func file(id: String) async throws -> FileRecord? {
        guard Identifier.isValid(id) else { return nil }
        return try await read { try FileRecord.fetch($0, id: id) }
    }

    package func update(id: String, change: FileChange, at time: Timestamp) async throws -> FileRecord? {
        guard Identifier.isValid(id) else { return nil }
        return try await write { database in
            guard let old = try FileRecord.fetch(database, id: id), var file = change.applied(to: old) else {
                return nil
            }
            file.updatedAt = time
            let statement = try database.cachedStatement(
                sql: """
                    UPDATE files SET filename = ?, path = ?, is_public = ?, content_type = ?, type_is_guess = ?,
                        updated_at = ?
                    WHERE id = ?
                    """)
            try statement.execute(arguments: [
                try file.filename.storable, try file.path.storable, file.isPublic, try file.contentType.storable,
                file.hasGuessedType, time.microseconds, id,
            ])
            guard let blob = change.bytes?.blob else { return file }
            let bytes = try database.cachedStatement(
                sql: "UPDATE files SET blob_key = ?, blob_size = ?, blob_sha256 = ? WHERE id = ? AND blob_key IS NULL")
            try bytes.execute(arguments: [
                try blob.key.storable, blob.digest.size, try blob.digest.sha256.storable, id,
            ])
            return file
        }
    }

    package func delete(id: String) async throws -> FileRecord? {
        guard Identifier.isValid(id) else { return nil }
        return try await write { database in
            guard let file = try FileRecord.fetch(database, id: id) else { return nil }
            try database.execute(sql: "DELETE FROM files WHERE id = ?", arguments: [id])
            return file
        }
    }

    package func list(_ query: RecordQuery) async throws -> [FileRecord] {
        let statement = try ListedTable.files.statement(query)
        let files = try await read { database in
            try Row.fetchAll(database, sql: statement.sql, arguments: statement.arguments).map(FileRecord.init(row:))
        }
        return query.isBackward ? files.reversed() : files
    }

    package func isReferenced(blobKey: String) async throws -> Bool {
        let key = try blobKey.storable
        return try await read { database in
            let statement = try database.cachedStatement(
                sql: "SELECT EXISTS (SELECT 1 FROM files WHERE blob_key = ?)")
            return try Bool.fetchOne(statement, arguments: [key]) ?? false
        }
    }

    package func removeExpired(
        at time: Timestamp, pendingBefore: Timestamp, limit: Int
    ) async throws -> [FileRecord] {
        // Most searches find nothing: only then is the writer troubled.
        let expired = "SELECT id FROM files WHERE expires_at <= ?"
        let pending = "SELECT id FROM files WHERE blob_key IS NULL AND created_at < ?"
        let arguments: StatementArguments = [time.microseconds, pendingBefore.microseconds, max(limit, 0)]
        let sql = "\(expired) UNION \(pending) LIMIT ?"
        let found = try await read { try String.fetchAll($0, sql: sql, arguments: arguments) }
        guard !found.isEmpty else { return [] }
        return try await write { database in
            try Row.fetchAll(database, sql: "DELETE FROM files WHERE id IN (\(sql)) RETURNING *", arguments: arguments)
                .map(FileRecord.init(row:))
        }
    }
}
