// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import Hummingbird

/// The files of tasks: listed and deleted.
enum TaskFileRoutes {
    static func list(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let role = try role(exchange.query)
        let files = try await exchange.services.tasks.files(
            ofTask: exchange.parameter("id"), role: role, for: principal)
        return exchange.answer(.array(files.map(\.json)))
    }

    static func delete(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let role = try role(exchange.query)
        let outcome = try await exchange.services.tasks.deleteFiles(
            ofTask: exchange.parameter("id"), role: role, by: principal)
        return exchange.answer(outcome.json)
    }

    /// The role that a query asks for; nil for all.
    static func role(_ query: String?) throws(ServerError) -> TaskFileDTO.Role? {
        guard let text = try value("role", in: query), !text.isEmpty else { return nil }
        // A wrong role must not delete the files of all.
        guard let role = TaskFileDTO.Role(rawValue: text) else {
            throw ServerError(.validation, "/role: must be input or output")
        }
        return role
    }

    /// Whether a query asks for a task's files to go with it.
    static func withFiles(_ query: String?) throws(ServerError) -> Bool {
        switch try value("files", in: query)?.lowercased() {
        case nil, "", "false", "0": false
        case "true", "1": true
        default: throw ServerError(.validation, "/files: must be true or false")
        }
    }

    private static func value(_ name: String, in query: String?) throws(ServerError) -> String? {
        var found: String?
        for pair in (query ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard PercentEncoding.decode(parts[0]) == name else { continue }
            guard found == nil else { throw ServerError(.validation, "/\(name): given twice") }
            guard let text = PercentEncoding.decode(parts.count > 1 ? parts[1] : "") else {
                throw ServerError(.validation, "the query is not UTF-8")
            }
            found = text
        }
        return found
    }
}
