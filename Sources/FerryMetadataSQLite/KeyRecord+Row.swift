// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import GRDB

extension KeyRecord {
    /// How one key is named.
    enum Condition {
        case id(String)
        case hash(String)
    }

    /// The columns ``init(row:)`` reads.
    static let selection = """
        SELECT access_keys.*, teams.name AS team_name, teams.created_at AS team_created_at
        FROM access_keys JOIN teams ON teams.id = access_keys.team_id
        """

    static func fetch(_ database: Database, condition: Condition) throws -> KeyRecord? {
        let (column, value) =
            switch condition {
            case .id(let id): ("id", id)
            case .hash(let hash): ("hash", hash)
            }
        let statement = try database.cachedStatement(sql: "\(selection) WHERE access_keys.\(column) = ?")
        return try Row.fetchOne(statement, arguments: [value]).map(KeyRecord.init(row:))
    }

    init(row: Row) throws {
        let scopes = try? JSONValue(parsing: (row["scopes"] as String).utf8).arrayValue?.compactMap(\.stringValue)
        guard let scopes else { throw ServerError(.internalError, "a stored key's scopes are damaged") }
        let revokedAt: Int64? = row["revoked_at"]
        self.init(
            id: row["id"],
            team: TeamRecord(
                id: row["team_id"], name: row["team_name"],
                createdAt: Timestamp(microseconds: row["team_created_at"])),
            name: row["name"], hash: row["hash"], scopes: scopes,
            createdAt: Timestamp(microseconds: row["created_at"]),
            revokedAt: revokedAt.map(Timestamp.init(microseconds:)))
    }
}

extension TeamRecord {
    init(row: Row) {
        self.init(id: row["id"], name: row["name"], createdAt: Timestamp(microseconds: row["created_at"]))
    }
}
