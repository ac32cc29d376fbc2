// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// API keys: `ferry.keys`. Needs a key that may manage keys.
public struct KeysAPI: Sendable {
    let transport: Transport

    /// Makes a key; its secret stands in the answer's `key`, this once.
    ///
    /// - Parameters:
    ///   - name: a person's name for it.
    ///   - team: the team, by name; nil for the caller's.
    ///   - scopes: what it may do; nil for the server's default.
    /// - Throws: ``FerryError``.
    public func create(name: String, team: String? = nil, scopes: [String]? = nil) async throws -> KeyDTO {
        let request = CreateKeyRequest(name: name, team: team, scopes: scopes)
        return try await transport.call(Routes.createKey, Routes.createKey.path(), body: request.json)
    }

    /// The keys, without their secrets.
    ///
    /// - Throws: ``FerryError``.
    public func list() async throws -> [KeyDTO] {
        let answer: JSONValue = try await transport.call(Routes.listKeys, Routes.listKeys.path())
        guard let items = answer.arrayValue ?? answer["items"]?.arrayValue else {
            throw FerryError.unexpectedAnswer("GET /keys gave no list")
        }
        return try items.map { try transport.decode($0) }
    }

    /// Revokes a key, at once and for ever.
    ///
    /// - Throws: ``FerryError``.
    public func revoke(_ id: String) async throws {
        let _: JSONValue = try await transport.call(Routes.revokeKey, Routes.revokeKey.path(id))
    }

    /// Puts a new key in the place of one; its secret stands in the answer's `key`, this once.
    ///
    /// - Throws: ``FerryError``.
    public func rotate(_ id: String) async throws -> KeyDTO {
        try await transport.call(Routes.rotateKey, Routes.rotateKey.path(id))
    }
}
