// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import HTTPTypes
internal import Hummingbird

/// API keys: made, listed, revoked.
enum KeyRoutes {
    static func create(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let request = try await exchange.body(CreateKeyRequest.self)
        let key = try await exchange.services.access.createKey(request, by: principal)
        return exchange.answer(key.json)
    }

    static func list(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let keys = try await exchange.services.access.keys(for: principal)
        return exchange.answer(.array(keys.map(\.json)))
    }

    static func revoke(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let id = try exchange.parameter("id")
        try await exchange.services.access.revokeKey(id: id, by: principal)
        return exchange.answer(["id": .string(id), "revoked": true])
    }

    static func rotate(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let id = try exchange.parameter("id")
        let key = try await exchange.services.access.rotateKey(id: id, by: principal)
        return exchange.answer(key.json)
    }
}
