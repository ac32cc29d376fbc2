// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// Teams and the keys that speak for them. What a call reports as done survives any kind of death.
public protocol AccessStore: Sendable {
    /// The team of that name, made if it is new. Two calls at once give one team.
    func team(named name: String, newID: String, at time: Timestamp) async throws -> TeamRecord

    /// Adds a key.
    func insert(_ key: KeyRecord) async throws

    /// The key with that hash, revoked or not.
    func key(hash: String) async throws -> KeyRecord?

    /// The key of that id, revoked or not.
    func key(id: String) async throws -> KeyRecord?

    /// Keys, oldest first; of all teams if `teamID` is nil.
    func keys(teamID: String?, limit: Int) async throws -> [KeyRecord]

    /// Makes a key useless from now on; false if there is none that works.
    func revoke(id: String, at time: Timestamp) async throws -> Bool
}

/// Secrets that all servers of one store share, such as the keys that sign links.
public protocol SecretStore: Sendable {
    /// The secret of that name, or the given one, stored, if there is none. Two calls at once give one secret.
    func secret(named name: String, orInsert fresh: [UInt8]) async throws -> [UInt8]
}

/// People who share files and tasks.
public struct TeamRecord: Sendable, Hashable {
    /// Id, 26 characters.
    public var id: String
    /// Unique name.
    public var name: String
    /// When it was made.
    public var createdAt: Timestamp

    /// A team.
    public init(id: String, name: String, createdAt: Timestamp) {
        self.id = id
        self.name = name
        self.createdAt = createdAt
    }
}

/// An API key, without its secret.
public struct KeyRecord: Sendable, Hashable {
    /// Id, 26 characters.
    public var id: String
    /// The team it speaks for.
    public var team: TeamRecord
    /// A person's name for it.
    public var name: String
    /// HMAC-SHA-256 of the key under the server's pepper, lower-case hexadecimal; unique.
    public var hash: String
    /// What it may do.
    public var scopes: [String]
    /// When it was made.
    public var createdAt: Timestamp
    /// When it was revoked; nil while it works.
    public var revokedAt: Timestamp?

    /// A key.
    public init(
        id: String, team: TeamRecord, name: String, hash: String, scopes: [String], createdAt: Timestamp,
        revokedAt: Timestamp? = nil
    ) {
        self.id = id
        self.team = team
        self.name = name
        self.hash = hash
        self.scopes = scopes
        self.createdAt = createdAt
        self.revokedAt = revokedAt
    }
}
