// SPDX-License-Identifier: Apache-2.0

import FerrySigning
import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

struct AccessServiceTests {
    private func authenticate(_ header: String?, in world: World) async throws -> Principal {
        try await world.services.access.authenticate(authorization: header)
    }

    private func create(
        _ request: CreateKeyRequest, by principal: Principal? = nil, in world: World
    ) async throws -> KeyDTO {
        try await world.services.access.createKey(request, by: principal ?? world.root)
    }

    @Test func `the root key may do everything for the default team`() async throws {
        let world = try await World()
        #expect(world.root.isRoot)
        #expect(world.root.team.name == "default")
        for scope in Scope.allCases { #expect(throws: Never.self) { try world.root.require(scope) } }
    }

    @Test(arguments: ["bearer", "BEARER", "Bearer", "bEaReR"])
    func `the scheme's case does not matter`(scheme: String) async throws {
        let world = try await World()
        #expect(try await authenticate("\(scheme) \(World.rootKey)", in: world) == world.root)
    }

    @Test func `every reason not to let somebody in looks the same`() async throws {
        let world = try await World()
        let key = try #require(try await create(CreateKeyRequest(name: "x"), in: world).key)
        let headers: [String?] = [
            nil, "", " ", "Bearer", "Bearer ", "Bearer  \(World.rootKey)", World.rootKey, "Basic \(World.rootKey)",
            "Bearer \(World.rootKey) ", "Bearer \(World.rootKey)x", "Bearer \(World.rootKey.dropLast())",
            "Bearer \(World.rootKey)\r\nX: y", "Bearer \(World.rootKey)\n", "Bearer \u{0}",
            "Bearer \(key.uppercased())",
            "Bearer inf_unknown", "Bearer " + String(repeating: "a", count: 65_536),
            String(repeating: "B", count: 65_536),
            "Bearer é", "Bearer \(World.rootKey),Bearer \(World.rootKey)", "Bearer\t\(World.rootKey)",
            "Bearer Bearer \(World.rootKey)",
        ]
        var messages: Set<String> = []
        for header in headers {
            let error = try await refusal { _ = try await authenticate(header, in: world) }
            #expect(error.code == .unauthorized)
            messages.insert(error.message)
        }
        #expect(messages.count == 1)
    }

    @Test func `a new key works with its scopes and is shown once`() async throws {
        let world = try await World()
        let made = try await create(CreateKeyRequest(name: "laptop", scopes: ["files:read"]), in: world)
        let key = try #require(made.key)
        #expect(APIKey.isWellFormed(key))
        let principal = try await authenticate("Bearer \(key)", in: world)
        #expect(!principal.isRoot)
        #expect(principal.keyID == made.id)
        #expect(principal.team == world.root.team)
        #expect(principal.scopes == [.filesRead])
        #expect(throws: ServerError.self) { try principal.require(.filesWrite) }
        let listed = try await world.services.access.keys(for: world.root)
        #expect(listed.map(\.id) == [made.id])
        #expect(listed[0].key == nil)
        #expect(listed[0].name == "laptop")
    }

    @Test func `keys are stored hashed`() async throws {
        let world = try await World()
        let made = try await create(CreateKeyRequest(name: "x"), in: world)
        let key = try #require(made.key)
        let stored = try #require(try await world.access.key(id: made.id))
        #expect(stored.hash.utf8.count == 64)
        #expect(!"\(stored)".contains(key))
    }

    @Test func `a key without named scopes can use files and apps but manage nothing`() async throws {
        let world = try await World()
        let made = try await create(CreateKeyRequest(name: "x"), in: world)
        #expect(Set(made.scopes) == ["files:read", "files:write", "apps:execute"])
    }

    @Test func `unknown and missing scopes are refused`() async throws {
        let world = try await World()
        for scopes in [["files:read", "root"], [""], []] {
            let error = try await refusal {
                _ = try await create(CreateKeyRequest(name: "x", scopes: scopes), in: world)
            }
            #expect(error.code == .validation)
        }
        #expect(try await world.services.access.keys(for: world.root).isEmpty)
    }

    @Test func `a revoked key is a stranger at once`() async throws {
        let world = try await World()
        let made = try await create(CreateKeyRequest(name: "x"), in: world)
        let header = "Bearer \(try #require(made.key))"
        #expect(try await authenticate(header, in: world).keyID == made.id)
        try await world.services.access.revokeKey(id: made.id, by: world.root)
        #expect(try await refusal { _ = try await authenticate(header, in: world) }.code == .unauthorized)
        #expect(try await world.services.access.keys(for: world.root)[0].revokedAt == world.clock.now)
        // Harmless twice.
        try await world.services.access.revokeKey(id: made.id, by: world.root)
    }

    @Test func `a rotated key gives way to one of the same rights`() async throws {
        let world = try await World()
        let old = try await create(CreateKeyRequest(name: "ci", team: "ci", scopes: ["files:read"]), in: world)
        let fresh = try await world.services.access.rotateKey(id: old.id, by: world.root)
        #expect(fresh.id != old.id)
        #expect(fresh.name == "ci")
        #expect(fresh.team == "ci")
        #expect(fresh.scopes == ["files:read"])
        let principal = try await authenticate("Bearer \(try #require(fresh.key))", in: world)
        #expect(principal.team.name == "ci")
        let oldHeader = "Bearer \(try #require(old.key))"
        #expect(try await refusal { _ = try await authenticate(oldHeader, in: world) }.code == .unauthorized)
        let again = try await refusal { _ = try await world.services.access.rotateKey(id: old.id, by: world.root) }
        #expect(again.code == .conflict)
    }

    @Test func `rotating a key gives nobody rights it lacks`() async throws {
        let world = try await World()
        let access = world.services.access
        let reader = try await create(CreateKeyRequest(name: "reader", team: "ci", scopes: ["files:read"]), in: world)
        let manager = try await world.principal(team: "ci", scopes: [.keysManage])
        let refused = try await refusal { _ = try await access.rotateKey(id: reader.id, by: manager) }
        #expect(refused.code == .insufficientScope)
        let header = "Bearer \(try #require(reader.key))"
        #expect(try await authenticate(header, in: world).scopes == [.filesRead], "the key still works")
    }

    @Test func `of rotations at once one succeeds`() async throws {
        let world = try await World()
        let old = try await create(CreateKeyRequest(name: "ci", scopes: ["files:read"]), in: world)
        let access = world.services.access
        let root = world.root
        let successes = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 { group.addTask { (try? await access.rotateKey(id: old.id, by: root)) != nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(successes == 1)
        #expect(try await access.keys(for: root).filter { $0.name == "ci" && $0.revokedAt == nil }.count == 1)
    }

    @Test func `scopes are few and each is kept once`() async throws {
        let world = try await World()
        let twice = CreateKeyRequest(name: "x", scopes: ["files:read", "files:read"])
        #expect(try await create(twice, in: world).scopes == ["files:read"])
        let many = CreateKeyRequest(name: "x", scopes: Array(repeating: "files:read", count: 600))
        #expect(try await refusal { _ = try await create(many, in: world) }.code == .validation)
    }

    @Test func `managing keys needs the scope for it`() async throws {
        let world = try await World()
        let user = try await world.principal(team: "users", scopes: [.filesRead, .filesWrite, .appsExecute])
        let access = world.services.access
        let refusals = [
            try await refusal { _ = try await access.createKey(CreateKeyRequest(name: "x"), by: user) },
            try await refusal { _ = try await access.keys(for: user) },
            try await refusal { try await access.revokeKey(id: user.keyID, by: user) },
            try await refusal { _ = try await access.rotateKey(id: user.keyID, by: user) },
        ]
        #expect(refusals.allSatisfy { $0.code == .insufficientScope })
    }

    @Test func `a manager stays within its own team and its own scopes`() async throws {
        let world = try await World()
        let manager = try await world.principal(team: "one", scopes: [.keysManage, .filesRead])
        let own = try await create(CreateKeyRequest(name: "x", scopes: ["files:read"]), by: manager, in: world)
        #expect(own.team == "one")
        let greedy = try await refusal {
            _ = try await create(CreateKeyRequest(name: "x", scopes: ["files:write"]), by: manager, in: world)
        }
        #expect(greedy.code == .insufficientScope)
        let foreign = try await refusal {
            _ = try await create(
                CreateKeyRequest(name: "x", team: "two", scopes: ["files:read"]), by: manager, in: world)
        }
        #expect(foreign.code == .forbidden)
        let allowed = try await create(
            CreateKeyRequest(name: "x", team: "one", scopes: ["files:read"]), by: manager, in: world)
        #expect(allowed.team == "one")
    }

    @Test func `a team does not see another team's keys`() async throws {
        let world = try await World()
        let manager = try await world.principal(team: "one", scopes: [.keysManage])
        let foreign = try await create(CreateKeyRequest(name: "x", team: "two"), in: world)
        #expect(try await world.services.access.keys(for: manager).map(\.id) == [manager.keyID])
        for id in [foreign.id, Identifier.random(), "x"] {
            let revoke = try await refusal { try await world.services.access.revokeKey(id: id, by: manager) }
            let rotate = try await refusal { _ = try await world.services.access.rotateKey(id: id, by: manager) }
            #expect(revoke.code == .notFound)
            #expect(rotate.message == revoke.message)
        }
        #expect(try await authenticate("Bearer \(try #require(foreign.key))", in: world).team.name == "two")
        #expect(try await world.services.access.keys(for: world.root).count == 2)
    }

    @Test(arguments: ["", "a b", "é", "a\n", String(repeating: "x", count: 129)])
    func `a team's name is short and visible`(name: String) async throws {
        let world = try await World()
        let error = try await refusal { _ = try await create(CreateKeyRequest(name: "x", team: name), in: world) }
        #expect(error.code == .validation)
    }

    @Test func `another server on the same store knows the same keys`() async throws {
        let world = try await World()
        let made = try await create(CreateKeyRequest(name: "x"), in: world)
        let second = try await AccessService(
            store: world.access, secrets: world.secrets, rootKey: "inf_other", limits: world.limits,
            clock: world.clock.serverClock)
        let principal = try await second.authenticate(authorization: "Bearer \(try #require(made.key))")
        #expect(principal.keyID == made.id)
        await #expect(throws: ServerError.self) {
            try await second.authenticate(authorization: "Bearer \(World.rootKey)")
        }
    }
}
