// SPDX-License-Identifier: Apache-2.0

package import FerryServerCore
package import FerryWire
internal import GRDB

extension SQLiteMetadata: AccessStore {
    package func team(named name: String, newID: String, at time: Timestamp) async throws -> TeamRecord {
        let name = try name.storable
        let newID = try newID.storable
        return try await write { database in
            let find = try database.cachedStatement(sql: "SELECT id, name, created_at FROM teams WHERE name = ?")
            if let row = try Row.fetchOne(find, arguments: [name]) { return TeamRecord(row: row) }
            try database.execute(
                sql: "INSERT INTO teams (id, name, created_at) VALUES (?, ?, ?)",
                arguments: [newID, name, time.microseconds])
            return TeamRecord(id: newID, name: name, createdAt: time)
        }
    }

    package func insert(_ key: KeyRecord) async throws {
        let scopes = JSONValue.array(key.scopes.map(JSONValue.string)).description
        let arguments: StatementArguments = [
            try key.id.storable, try key.team.id.storable, try key.name.storable, try key.hash.storable, scopes,
            key.createdAt.microseconds, key.revokedAt?.microseconds,
        ]
        try await write { database in
            try database.execute(
                sql: """
                    INSERT INTO access_keys (id, team_id, name, hash, scopes, created_at, revoked_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: arguments)
        }
    }

    package func key(hash: String) async throws -> KeyRecord? {
        guard !hash.utf8.contains(0) else { return nil }
        return try await read { try KeyRecord.fetch($0, condition: .hash(hash)) }
    }

    package func key(id: String) async throws -> KeyRecord? {
        guard Identifier.isValid(id) else { return nil }
        return try await read { try KeyRecord.fetch($0, condition: .id(id)) }
    }

    package func keys(teamID: String?, limit: Int) async throws -> [KeyRecord] {
        let teamID = try teamID?.storable
        return try await read { database in
            let statement = try database.cachedStatement(
                sql: """
                    \(KeyRecord.selection) WHERE :team IS NULL OR access_keys.team_id = :team
                    ORDER BY access_keys.created_at, access_keys.id LIMIT :limit
                    """)
            return try Row.fetchAll(statement, arguments: ["team": teamID, "limit": max(limit, 0)])
                .map(KeyRecord.init(row:))
        }
    }

    package func revoke(id: String, at time: Timestamp) async throws -> Bool {
        guard Identifier.isValid(id) else { return false }
        return try await write { database in
            try database.execute(
                sql: "UPDATE access_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
                arguments: [time.microseconds, id])
            return database.changesCount == 1
        }
    }
}
