// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import HTTPTypes
internal import Hummingbird

/// Records of files.
enum FileRoutes {
    static func create(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        if let type = exchange.request.headers[.contentType], MultipartParser.isForm(contentType: type) {
            return try await store(exchange, contentType: type, by: principal)
        }
        let json = try await exchange.json()
        // Before any of them is looked at.
        let (count, maximum) = (json["files"]?.arrayValue?.count ?? 0, exchange.services.limits.maximumFilesPerRequest)
        guard count <= maximum else {
            throw ServerError(.validation, "/files: must have at most \(maximum) elements; send several requests")
        }
        let request = try CreateFilesRequest(json: json)
        let presenter = try exchange.filePresenter()
        let records = try await exchange.services.files.create(request, by: principal)
        return exchange.answer(.array(records.map { presenter.presentNew($0).json }))
    }

    /// A form: one file with its bytes, and one record in answer.
    private static func store(
        _ exchange: Exchange, contentType: String, by principal: Principal
    ) async throws -> Response {
        let presenter = try exchange.filePresenter()
        let ticket = try exchange.services.uploads.admitForm(contentType: contentType, by: principal)
        try await exchange.context.wantBody()
        let body = CompleteBody(body: exchange.request.body, boundary: try await exchange.context.boundary())
        let record = try await exchange.services.uploads.receive(ticket, body: body)
        return exchange.answer(presenter.present(record).json)
    }

    static func get(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let record = try await exchange.services.files.file(id: exchange.parameter("id"), for: principal)
        return exchange.answer(try exchange.filePresenter().present(record).json)
    }

    static func update(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let request = try await exchange.body(FileUpdate.self)
        let record = try await exchange.services.files.update(
            id: exchange.parameter("id"), request, by: principal)
        return exchange.answer(try exchange.filePresenter().present(record).json)
    }

    static func setVisibility(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let request = try await exchange.body(VisibilityChange.self)
        let record = try await exchange.services.files.setVisibility(
            id: exchange.parameter("id"), request, by: principal)
        return exchange.answer(try exchange.filePresenter().present(record).json)
    }

    static func link(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let request = try await exchange.body(LinkRequest.self)
        let record = try await exchange.services.files.file(id: exchange.parameter("id"), for: principal)
        let link = try exchange.filePresenter().link(record, request)
        return exchange.answer(link.json)
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
        let projection = try Projection(request.fields, of: sample)
        let page = try await exchange.services.files.list(request, for: principal)
        return exchange.answer(page.present { projection.show(presenter.present($0)) }.json)
    }

    private static let sample = FileDTO(
        id: "", createdAt: Timestamp(seconds: 0), updatedAt: Timestamp(seconds: 0), uri: "", contentType: "", size: 0,
        filename: "")
}
