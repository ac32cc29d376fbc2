// SPDX-License-Identifier: Apache-2.0

internal import FerrySigning
package import FerryWire

/// Who may do what: the root key, and keys of teams.
package struct AccessService: Sendable {
    /// The team of the root key.
    package static let rootTeamName = "default"
    /// Longest `Authorization` value looked at.
    private static let maximumKeyLength = 512

    private let store: any AccessStore
    private let pepper: [UInt8]
    private let rootHash: String
    private let rootTeam: TeamRecord
    private let limits: ServerLimits
    private let clock: ServerClock

    /// Prepares access; makes the root key's team when new.
    package init(
        store: any AccessStore, secrets: any SecretStore, rootKey: String, limits: ServerLimits, clock: ServerClock
    ) async throws {
        self.store = store
        self.limits = limits
        self.clock = clock
        pepper = try await secrets.secret(named: "key-pepper", orInsert: RandomBytes.make(count: 32))
        rootHash = KeyHash.hash(key: rootKey, pepper: pepper)
        rootTeam = try await store.team(named: Self.rootTeamName, newID: Identifier.random(), at: clock.now())
    }

    /// The caller behind an `Authorization` header.
    ///
    /// - Throws: ``ServerError`` of code `unauthorized`, the same for every reason.
    package func authenticate(authorization: String?) async throws -> Principal {
        let refusal = ServerError(
            .unauthorized, "missing or unknown API key; send `Authorization: Bearer <key>` with a key of this server")
        guard let authorization, authorization.utf8.count <= Self.maximumKeyLength else { throw refusal }
        let parts = authorization.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw refusal }
        let key = String(parts[1])
        guard key.utf8.allSatisfy({ (0x21..<0x7F).contains($0) }) else { throw refusal }
        let hash = KeyHash.hash(key: key, pepper: pepper)
        // Both are keyed hashes: comparing them in any time tells nothing of the key.
        if hash == rootHash {
            return Principal(keyID: rootTeam.id, team: rootTeam, scopes: Set(Scope.allCases), isRoot: true)
        }
        guard let record = try await store.key(hash: hash), record.revokedAt == nil else { throw refusal }
        let scopes = Set(record.scopes.compactMap(Scope.init(rawValue:)))
        return Principal(keyID: record.id, team: record.team, scopes: scopes, isRoot: false)
    }

    /// Makes a key. Only the root key may name another team than its own, or give what it has not itself.
    package func createKey(_ request: CreateKeyRequest, by principal: Principal) async throws -> KeyDTO {
        try principal.require(.keysManage)
        var scopes = Scope.standard
        if let names = request.scopes {
            guard names.count <= Scope.allCases.count else {
                throw ServerError(.validation, "a key has at most \(Scope.allCases.count) scopes, each named once")
            }
            scopes = try Set(names).sorted().map { name in
                guard let scope = Scope(rawValue: name) else {
                    let known = Scope.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ServerError(.validation, "unknown scope; known are \(known)")
                }
                return scope
            }
        }
        guard !scopes.isEmpty else { throw ServerError(.validation, "a key needs at least one scope") }
        guard principal.isRoot || principal.scopes.isSuperset(of: scopes) else {
            throw ServerError(.insufficientScope, "a key cannot give scopes that it lacks")
        }
        guard request.name.utf8.count <= limits.maximumLabelLength else {
            throw ServerError(.validation, "name is longer than \(limits.maximumLabelLength) bytes")
        }
        let team = try await team(named: request.team, by: principal)
        return try await insertKey(name: request.name, team: team, scopes: scopes.map(\.rawValue))
    }

    private func team(named name: String?, by principal: Principal) async throws -> TeamRecord {
        guard let name, name != principal.team.name else { return principal.team }
        guard principal.isRoot else {
            throw ServerError(.forbidden, "only the root key makes keys for other teams")
        }
        guard (1...128).contains(name.utf8.count), name.utf8.allSatisfy({ (0x21..<0x7F).contains($0) }) else {
            throw ServerError(.validation, "a team's name is 1 to 128 visible ASCII characters")
        }
        return try await store.team(named: name, newID: Identifier.random(), at: clock.now())
    }

    private func insertKey(name: String, team: TeamRecord, scopes: [String]) async throws -> KeyDTO {
        let key = APIKey.generate()
        let record = KeyRecord(
            id: Identifier.random(), team: team, name: name, hash: KeyHash.hash(key: key, pepper: pepper),
            scopes: scopes, createdAt: clock.now())
        try await store.insert(record)
        return Self.present(record, key: key)
    }

    /// The keys the caller may manage, oldest first.
    package func keys(for principal: Principal) async throws -> [KeyDTO] {
        try principal.require(.keysManage)
        let records = try await store.keys(
            teamID: principal.isRoot ? nil : principal.team.id, limit: limits.maximumKeys)
        return records.map { Self.present($0) }
    }

    /// Makes a key useless from now on.
    package func revokeKey(id: String, by principal: Principal) async throws {
        _ = try await managedKey(id: id, by: principal)
        _ = try await store.revoke(id: id, at: clock.now())
    }

    /// Revokes a key and makes one of the same name, team and scopes. Of several rotations at once one succeeds.
    package func rotateKey(id: String, by principal: Principal) async throws -> KeyDTO {
        let old = try await managedKey(id: id, by: principal)
        // The new secret is shown to the caller, who must not gain by it what it lacks.
        guard principal.isRoot || principal.scopes.isSuperset(of: old.scopes.compactMap(Scope.init(rawValue:))) else {
            throw ServerError(.insufficientScope, "a key cannot rotate one with scopes that it lacks")
        }
        guard try await store.revoke(id: id, at: clock.now()) else {
            throw ServerError(.conflict, "the key is revoked; make a new one")
        }
        return try await insertKey(name: old.name, team: old.team, scopes: old.scopes)
    }

    private func managedKey(id: String, by principal: Principal) async throws -> KeyRecord {
        try principal.require(.keysManage)
        guard Identifier.isValid(id), let record = try await store.key(id: id),
            principal.isRoot || record.team.id == principal.team.id
        else { throw ServerError.notFound("key") }
        return record
    }

    private static func present(_ record: KeyRecord, key: String? = nil) -> KeyDTO {
        KeyDTO(
            id: record.id, name: record.name, team: record.team.name, scopes: record.scopes,
            createdAt: record.createdAt, revokedAt: record.revokedAt, key: key)
    }
}
