// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import HTTPTypes
import Hummingbird
import Logging
import Testing

@testable import FerryServerHTTP

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

struct ProblemResponseTests {
    private static let statuses: [String: Int] = [
        "invalid_request": 400, "validation_error": 422, "unauthorized": 401, "forbidden": 403,
        "insufficient_scope": 403, "requires_sign_in": 403, "not_found": 404, "method_not_allowed": 405,
        "conflict": 409, "file_not_found": 422,
        "invalid_transition": 409, "signature_invalid": 403, "url_expired": 403, "payload_too_large": 413,
        "incomplete_body": 400, "size_mismatch": 400, "digest_mismatch": 400, "too_slow": 408, "storage_full": 507,
        "task_failed": 422, "task_cancelled": 422, "unavailable": 503,
        "SESSION_NOT_FOUND": 404, "SESSION_EXPIRED": 410, "SESSION_ENDED": 410, "WORKER_LOST": 410,
        "WORKER_LEASED": 409, "APP_MISMATCH": 409, "VERSION_MISMATCH": 409,
        "unsupported_media_type": 415, "headers_too_large": 431, "internal_error": 500,
    ]
    private struct Trouble: Error {}
    private let logger = Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() }

    private func response(_ error: any Error) -> Response { ProblemResponse.make(for: error, logger: logger) }

    /// The codes that stand in the source, so that a new one cannot be forgotten here.
    private func codes() throws -> [String] {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let source = try String(
            contentsOfFile: "/\(root)/Sources/FerryServerCore/Errors/ServerError.swift", encoding: .utf8)
        return source.split(separator: "Code(rawValue: \"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
    }

    @Test func `every code of the server has a status`() throws {
        let codes = try codes()
        #expect(Set(codes) == Set(Self.statuses.keys))
        for code in codes {
            let status = response(ServerError(ServerError.Code(rawValue: code), "why")).status.code
            #expect(status == Self.statuses[code], "\(code)")
        }
    }

    @Test func `every problem says what it is and is not cached`() throws {
        for code in try codes() {
            let response = response(ServerError(ServerError.Code(rawValue: code), "why"))
            #expect(response.headers[.contentType] == "application/problem+json")
            #expect(response.headers[.cacheControl] == "no-store")
            #expect((response.headers[.wwwAuthenticate] == "Bearer") == (code == "unauthorized"))
            #expect((response.headers[.retryAfter] != nil) == (code == "unavailable"))
        }
    }

    @Test func `what is not known is a failure of the server and never a 404`() {
        #expect(response(Trouble()).status == .internalServerError)
        #expect(response(ServerError(ServerError.Code(rawValue: "brand_new"), "why")).status == .internalServerError)
    }

    @Test func `errors of the wire have their own statuses`() {
        let syntax = #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: "{") }
        #expect(syntax.map { response($0).status } == .badRequest)
        #expect(response(WireFormatError(pointer: .root, reason: "x")).status == .unprocessableContent)
        #expect(response(HTTPError(.notFound)).status == .notFound)
        #expect(response(HTTPError(.badRequest)).status == .badRequest)
        #expect(response(HTTPError(.internalServerError)).status == .internalServerError)
        #expect(response(CancellationError()).status == .serviceUnavailable)
    }
}
