// SPDX-License-Identifier: Apache-2.0

public import FerryServerCore
internal import FerryWire

/// What every `AccessStore` must do.
public struct AccessStoreConformance: Sendable {
    private let make: @Sendable () async throws -> any AccessStore

    /// The suite for stores made by `make`: each call gives an empty one of its own.
    public init(make: @escaping @Sendable () async throws -> any AccessStore) { self.make = make }

    /// The names of the checks.
    public static var checks: [String] { suite.names }

    /// Runs every check, each on a fresh store.
    ///
    /// - Throws: ``ConformanceFailure`` of the first check that fails.
    public func run() async throws { try await Self.suite.run(on: make) }

    private static let suite = Checks<any AccessStore>(
        "AccessStore",
        [
            ("a team is made once and found again by its name", teams),
            ("two calls at once give one team", teamRace),
            ("names are compared byte by byte", teamNames),
            ("a key is found by its hash and by its id", keys),
            ("a key's hash and id are unique", uniqueKeys),
            ("a key needs its team", keyNeedsTeam),
            ("a key is revoked once, and still shown", revoking),
            ("keys are listed oldest first, of one team or of all", listing),
            ("a cancelled caller is told so and nothing is stored", cancelled),
        ])

    private static func team(_ name: String, in store: any AccessStore) async throws -> TeamRecord {
        try await store.team(named: name, newID: Identifier.random(), at: .sample)
    }

    private static let teams: Checks<any AccessStore>.Body = { store, check in
        let id = Identifier.random()
        let made = try await store.team(named: "default", newID: id, at: .sample)
        try check.equal(made, TeamRecord(id: id, name: "default", createdAt: .sample), "the new team")
        let later = Timestamp.sample.advanced(bySeconds: 5)
        let again = try await store.team(named: "default", newID: Identifier.random(), at: later)
        try check.equal(again, made, "the same team again")
        try check.require(try await team("other", in: store).id != id, "two names, one team")
    }

    private static let teamRace: Checks<any AccessStore>.Body = { store, check in
        let ids = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<8 { group.addTask { try await team("race", in: store).id } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        try check.equal(ids.count, 1, "number of teams")
    }

    private static let teamNames: Checks<any AccessStore>.Body = { store, check in
        let composed = try await team("caf\u{E9}", in: store)
        let decomposed = try await team("cafe\u{301}", in: store)
        try check.require(composed.id != decomposed.id, "two spellings of é give one team")
        try check.require(try await team("Caf\u{E9}", in: store).id != composed.id, "case is ignored")
    }

    private static let keys: Checks<any AccessStore>.Body = { store, check in
        let team = try await team("default", in: store)
        for scopes in [[], ["files:read"], ["a", "b\"c", "\u{1F600}"]] {
            let key = KeyRecord.sample(team: team, name: "l\"ap; DROP TABLE x--\u{E9}", scopes: scopes)
            try await store.insert(key)
            try check.equal(try await store.key(hash: key.hash), key, "the key by its hash")
            try check.equal(try await store.key(id: key.id), key, "the key by its id")
        }
        try check.none(try await store.key(hash: String(repeating: "0", count: 64)), "an unknown hash")
        try check.none(try await store.key(id: Identifier.random()), "an unknown id")
        for odd in ["", "\0", "' OR 1=1 --", "%"] {
            try check.none(try await store.key(hash: odd), "the hash \(odd.debugDescription)")
            try check.none(try await store.key(id: odd), "the id \(odd.debugDescription)")
        }
    }

    private static let uniqueKeys: Checks<any AccessStore>.Body = { store, check in
        let team = try await team("default", in: store)
        let key = KeyRecord.sample(team: team)
        try await store.insert(key)
        try await check.refuses("the same id", with: .conflict) {
            try await store.insert(KeyRecord.sample(id: key.id, team: team))
        }
        try await check.refuses("the same hash", with: .conflict) {
            try await store.insert(KeyRecord.sample(team: team, hash: key.hash))
        }
        try check.equal(try await store.keys(teamID: nil, limit: 10), [key], "keys")
    }

    private static let keyNeedsTeam: Checks<any AccessStore>.Body = { store, check in
        let team = TeamRecord(id: Identifier.random(), name: "nowhere", createdAt: .sample)
        try await check.refuses("a key of no team", with: .conflict) {
            try await store.insert(KeyRecord.sample(team: team))
        }
    }

    private static let revoking: Checks<any AccessStore>.Body = { store, check in
        let key = KeyRecord.sample(team: try await team("default", in: store))
        try await store.insert(key)
        let time = Timestamp.sample.advanced(bySeconds: 60)
        try check.equal(try await store.revoke(id: key.id, at: time), true, "revoking")
        try check.equal(
            try await store.revoke(id: key.id, at: time.advanced(bySeconds: 60)), false, "revoking again")
        try check.equal(try await store.revoke(id: Identifier.random(), at: time), false, "revoking no key")
        try check.equal(try await store.key(hash: key.hash)?.revokedAt, time, "the time it was revoked")
        try check.equal(try await store.keys(teamID: nil, limit: 10).first?.revokedAt, time, "the time in the list")
    }

    private static let listing: Checks<any AccessStore>.Body = { store, check in
        let first = try await team("first", in: store)
        let second = try await team("second", in: store)
        var keys: [KeyRecord] = []
        for number in 0..<6 {
            let time = Timestamp.sample.advanced(bySeconds: Int64(number / 2))
            keys.append(KeyRecord.sample(team: number % 3 == 0 ? first : second, createdAt: time))
        }
        for key in keys.shuffled() { try await store.insert(key) }
        let ordered = keys.sorted { ($0.createdAt.microseconds, $0.id) < ($1.createdAt.microseconds, $1.id) }
        try check.equal(try await store.keys(teamID: nil, limit: 100), ordered, "all keys")
        try check.equal(try await store.keys(teamID: nil, limit: 2), Array(ordered.prefix(2)), "the first two")
        try check.equal(
            try await store.keys(teamID: first.id, limit: 100), ordered.filter { $0.team.id == first.id },
            "one team's keys")
        try check.equal(try await store.keys(teamID: Identifier.random(), limit: 100), [], "no team's keys")
        try check.equal(try await store.keys(teamID: nil, limit: 0), [], "no keys at all")
    }

    private static let cancelled: Checks<any AccessStore>.Body = { store, check in
        let team = try await team("default", in: store)
        try await check.refusesWhenCancelled("insert") { try await store.insert(KeyRecord.sample(team: team)) }
        try await check.refusesWhenCancelled("keys") { _ = try await store.keys(teamID: nil, limit: 1) }
        try check.equal(try await store.keys(teamID: nil, limit: 10), [], "keys")
    }
}

/// What every `SecretStore` must do.
public struct SecretStoreConformance: Sendable {
    private let make: @Sendable () async throws -> any SecretStore

    /// The suite for stores made by `make`: each call gives an empty one of its own.
    public init(make: @escaping @Sendable () async throws -> any SecretStore) { self.make = make }

    /// The names of the checks.
    public static var checks: [String] { suite.names }

    /// Runs every check, each on a fresh store.
    ///
    /// - Throws: ``ConformanceFailure`` of the first check that fails.
    public func run() async throws { try await Self.suite.run(on: make) }

    private static let suite = Checks<any SecretStore>(
        "SecretStore",
        [
            ("the first secret of a name stays", first),
            ("two calls at once give one secret", race),
            ("an empty secret is refused", empty),
        ])

    private static let first: Checks<any SecretStore>.Body = { store, check in
        let fresh: [UInt8] = [0, 1, 255, 0, 7]
        try check.equal(try await store.secret(named: "links", orInsert: fresh), fresh, "the new secret")
        try check.equal(try await store.secret(named: "links", orInsert: [9]), fresh, "the secret again")
        try check.equal(try await store.secret(named: "cursors", orInsert: [9]), [9], "another name's secret")
    }

    private static let race: Checks<any SecretStore>.Body = { store, check in
        let secrets = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for number in 1...8 {
                group.addTask { try await store.secret(named: "race", orInsert: [UInt8(number)]) }
            }
            return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
        }
        try check.equal(secrets.count, 1, "number of secrets")
    }

    private static let empty: Checks<any SecretStore>.Body = { store, check in
        try await check.refuses("an empty secret") { try await store.secret(named: "links", orInsert: []) }
        try check.equal(try await store.secret(named: "links", orInsert: [1]), [1], "the secret")
    }
}
