// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import HTTPTypes
internal import Hummingbird

/// Sessions: looked at, kept, ended.
enum SessionRoutes {
    static func list(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let sessions = try await exchange.services.sessions.list(for: principal)
        return exchange.answer(.array(sessions.map(\.shown.json)))
    }

    static func get(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let session = try await exchange.services.sessions.session(id: exchange.parameter("id"), for: principal)
        return exchange.answer(session.shown.json)
    }

    static func keepAlive(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let session = try await exchange.services.sessions.keepAlive(id: exchange.parameter("id"), by: principal)
        return exchange.answer(session.shown.json)
    }

    static func end(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let session = try await exchange.services.sessions.end(id: exchange.parameter("id"), by: principal)
        return exchange.answer(session.shown.json)
    }
}
