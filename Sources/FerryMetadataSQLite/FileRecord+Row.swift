// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import GRDB

extension FileRecord {
    /// The columns, in the order of the schema.
    func columns() throws(ServerError) -> StatementArguments {
        [
            try id.storable, try teamID.storable, try userID.storable, createdAt.microseconds, updatedAt.microseconds,
            try filename.storable, try contentType.storable, declaredSize, try path.storable, try category.storable,
            isPublic, try blob?.key.storable, blob?.digest.size, try blob?.digest.sha256.storable,
            expiresAt?.microseconds, hasGuessedType,
        ]
    }

    static func fetch(_ database: Database, id: String) throws -> FileRecord? {
        let statement = try database.cachedStatement(sql: "SELECT * FROM files WHERE id = ?")
        return try Row.fetchOne(statement, arguments: [id]).map(FileRecord.init(row:))
    }

    init(row: Row) {
        let key: String? = row["blob_key"]
        self.init(
            id: row["id"], teamID: row["team_id"], userID: row["user_id"],
            createdAt: Timestamp(microseconds: row["created_at"]),
            updatedAt: Timestamp(microseconds: row["updated_at"]), filename: row["filename"],
            contentType: row["content_type"], declaredSize: row["declared_size"], path: row["path"],
            category: row["category"], isPublic: row["is_public"],
            blob: key.map { key in
                BlobReference(key: key, digest: BlobDigest(size: row["blob_size"], sha256: row["blob_sha256"]))
            },
            expiresAt: (row["expires_at"] as Int64?).map(Timestamp.init(microseconds:)),
            hasGuessedType: row["type_is_guess"])
    }
}
