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
                        declared_size, path, category, is_public, blob_key, blob_size, blob_sha256)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """)
            for file in files { try statement.execute(arguments: file.columns()) }
        }
    }

    package func file(id: String) async throws -> FileRecord? {
        guard Identifier.isValid(id) else { return nil }
        return try await read { try FileRecord.fetch($0, id: id) }
    }

    package func complete(
        id: String, blob: BlobReference, contentType: String, at time: Timestamp
    ) async throws -> FileRecord? {
        guard Identifier.isValid(id) else { return nil }
        return try await write { database in
            let statement = try database.cachedStatement(
                sql: """
                    UPDATE files SET blob_key = ?, blob_size = ?, blob_sha256 = ?, content_type = ?, updated_at = ?
                    WHERE id = ? AND blob_key IS NULL
                    """)
            try statement.execute(arguments: [
                try blob.key.storable, blob.digest.size, try blob.digest.sha256.storable, try contentType.storable,
                time.microseconds, id,
            ])
            guard database.changesCount == 1 else { return nil }
            return try FileRecord.fetch(database, id: id)
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
        let (sql, arguments) = try ListedTable.files.statement(query)
        let files = try await read { database in
            try Row.fetchAll(database, sql: sql, arguments: arguments).map(FileRecord.init(row:))
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

    package func deletePending(createdBefore time: Timestamp) async throws -> Int {
        try await write { database in
            try database.execute(
                sql: "DELETE FROM files WHERE blob_key IS NULL AND created_at < ?", arguments: [time.microseconds])
            return database.changesCount
        }
    }
}
