// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// Apps: `ferry.apps`.
public struct AppsAPI: Sendable {
    let transport: Transport

    /// One page of the apps.
    ///
    /// - Throws: ``FerryError``.
    public func list(_ request: CursorListRequest = CursorListRequest()) async throws -> CursorPage<AppDTO> {
        try await transport.call(Routes.listApps, Routes.listApps.path(), body: request.json, safety: .repeatable)
    }

    /// All apps that meet the conditions; pages are fetched as the iteration goes on.
    public func all(filters: [ListFilter] = [], pageSize: Int = 100) -> PagedSequence<AppDTO> {
        let request = CursorListRequest(limit: Int64(pageSize), filters: filters)
        return PagedSequence(request) { try await list($0) }
    }

    /// An app with its functions and schemas.
    ///
    /// - Parameter reference: `namespace/name`, or a bare name where that is unambiguous; version and function in it
    ///   are left aside.
    /// - Throws: ``FerryError`` (`notFound`, `invalidInput`, and what concerns the connection).
    public func get(_ reference: String) async throws -> AppDTO { try await get(try Self.parsed(reference)) }

    func get(_ reference: AppReference) async throws -> AppDTO {
        if let namespace = reference.namespace {
            return try await transport.call(Routes.getApp, Routes.getApp.path(namespace, reference.name))
        }
        return try await transport.call(Routes.getAppByName, Routes.getAppByName.path(reference.name))
    }

    /// The app as its schema is wanted: in the version that is named, else in the newest; nil if there is none, which
    /// is what 404 says and nothing else.
    func described(_ reference: AppReference) async throws -> AppDTO? {
        if let version = reference.version {
            // A server that knows newest versions alone is asked once more, without.
            if let app = try await ifAny({ try await get(reference, version: version) }) { return app }
        }
        return try await ifAny { try await get(reference) }
    }

    private func get(_ reference: AppReference, version: String) async throws -> AppDTO {
        var versioned = reference
        versioned.name += "@\(version)"
        return try await get(versioned)
    }

    private func ifAny(_ ask: () async throws -> AppDTO) async throws -> AppDTO? {
        do {
            return try await ask()
        } catch let error as FerryError where error.status == 404 {
            return nil
        }
    }

    static func parsed(_ reference: String) throws -> AppReference {
        guard let parsed = AppReference(reference) else {
            throw FerryError(
                .invalidInput, "\(FileReferences.shown(reference)) is no app reference; write it as namespace/name")
        }
        return parsed
    }
}
