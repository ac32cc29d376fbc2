// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import HTTPTypes
internal import Hummingbird

/// Records of files.
enum FileRoutes {
    static func create(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let request = try await exchange.body(CreateFilesRequest.self)
        let presenter = try exchange.filePresenter()
        let records = try await exchange.services.files.create(request, by: principal)
        return exchange.answer(.array(records.map { presenter.presentNew($0).json }))
    }

    static func get(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let record = try await exchange.services.files.file(id: exchange.parameter("id"), for: principal)
        return exchange.answer(try exchange.filePresenter().present(record).json)
    }

    static func delete(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let id = try exchange.parameter("id")
        try await exchange.services.files.delete(id: id, by: principal)
        return exchange.answer(["id": .string(id), "deleted": true])
    }

    static func list(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        return try await page(exchange, exchange.body(CursorListRequest.self), principal)
    }

    static func query(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        return try await page(exchange, ListQuery.request(exchange.query), principal)
    }

    private static func page(
        _ exchange: Exchange, _ request: CursorListRequest, _ principal: Principal
    ) async throws -> Response {
        let presenter = try exchange.filePresenter()
        let page = try await exchange.services.files.list(request, for: principal)
        return exchange.answer(page.present { presenter.present($0) }.json)
    }
}
