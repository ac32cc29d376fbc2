// SPDX-License-Identifier: Apache-2.0

public import FerryServerCore
public import FerryWire
internal import Synchronization

/// Teams and keys in memory, for tests.
public final class InMemoryAccessStore: AccessStore {
    private struct State {
        var teams: [String: TeamRecord] = [:]
        var keys: [String: KeyRecord] = [:]
    }

    private let state = Mutex(State())

    /// An empty store.
    public init() {}

    public func team(named name: String, newID: String, at time: Timestamp) async throws -> TeamRecord {
        try Task.checkCancellation()
        return state.withLock { state in
            if let team = state.teams.values.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) { return team }
            let team = TeamRecord(id: newID, name: name, createdAt: time)
            state.teams[newID] = team
            return team
        }
    }

    public func insert(_ key: KeyRecord) async throws {
        try Task.checkCancellation()
        try state.withLock { state in
            guard state.keys[key.id] == nil, !state.keys.values.contains(where: { $0.hash == key.hash }),
                let team = state.teams[key.team.id]
            else { throw ServerError(.conflict, "there is such a key already, or no such team") }
            var key = key
            key.team = team
            state.keys[key.id] = key
        }
    }

    public func key(hash: String) async throws -> KeyRecord? {
        try Task.checkCancellation()
        return state.withLock { $0.keys.values.first { $0.hash == hash } }
    }

    public func key(id: String) async throws -> KeyRecord? {
        try Task.checkCancellation()
        return state.withLock { $0.keys[id] }
    }

    public func keys(teamID: String?, limit: Int) async throws -> [KeyRecord] {
        try Task.checkCancellation()
        let keys = state.withLock { Array($0.keys.values) }
        let wanted = keys.filter { teamID == nil || $0.team.id == teamID }
            .sorted { ($0.createdAt.microseconds, $0.id) < ($1.createdAt.microseconds, $1.id) }
        return Array(wanted.prefix(max(limit, 0)))
    }

    public func revoke(id: String, at time: Timestamp) async throws -> Bool {
        try Task.checkCancellation()
        return state.withLock { state in
            guard let key = state.keys[id], key.revokedAt == nil else { return false }
            state.keys[id]?.revokedAt = time
            return true
        }
    }
}

/// Secrets in memory, for tests.
public final class InMemorySecretStore: SecretStore {
    private let secrets = Mutex<[String: [UInt8]]>([:])

    /// An empty store.
    public init() {}

    public func secret(named name: String, orInsert fresh: [UInt8]) async throws -> [UInt8] {
        try Task.checkCancellation()
        guard !fresh.isEmpty else { throw ServerError(.internalError, "a secret must not be empty") }
        return secrets.withLock { secrets in
            if let secret = secrets[name] { return secret }
            secrets[name] = fresh
            return fresh
        }
    }
}
