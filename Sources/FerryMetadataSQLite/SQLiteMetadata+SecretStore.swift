// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import GRDB

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

extension SQLiteMetadata: SecretStore {
    package func secret(named name: String, orInsert fresh: [UInt8]) async throws -> [UInt8] {
        let name = try name.storable
        guard !fresh.isEmpty else { throw ServerError(.internalError, "a secret must not be empty") }
        return try await write { database in
            let find = try database.cachedStatement(sql: "SELECT value FROM secrets WHERE name = ?")
            if let value = try Data.fetchOne(find, arguments: [name]) { return Array(value) }
            try database.execute(
                sql: "INSERT INTO secrets (name, value) VALUES (?, ?)", arguments: [name, Data(fresh)])
            return fresh
        }
    }
}
