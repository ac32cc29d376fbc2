// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import HTTPTypes
internal import Hummingbird

/// Apps that can be run.
enum AppRoutes {
    static func list(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let request = try await exchange.body(CursorListRequest.self)
        let page = try await exchange.services.apps.list(request, for: principal)
        return exchange.answer(page.present { $0 }.json)
    }

    /// A new version of an app, made of uploaded files.
    static func deploy(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let request = try await exchange.body(DeployRequest.self)
        return exchange.answer(try await exchange.services.deployments.deploy(request, by: principal).json)
    }

    static func get(_ exchange: Exchange) async throws -> Response {
        try await answer(exchange, "\(try exchange.parameter("namespace"))/\(try exchange.parameter("name"))")
    }

    static func getByName(_ exchange: Exchange) async throws -> Response {
        try await answer(exchange, try exchange.parameter("namespace"))
    }

    private static func answer(_ exchange: Exchange, _ text: String) async throws -> Response {
        let principal = try await exchange.principal()
        guard let reference = AppReference(text) else { throw ServerError.notFound("app") }
        return exchange.answer(try await exchange.services.apps.app(reference, for: principal).json)
    }
}
