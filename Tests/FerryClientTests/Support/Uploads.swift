// SPDX-License-Identifier: Apache-2.0

import FerryWire
import NIOHTTP1
import Testing

@testable import FerryClient

/// What a server saw of one upload.
struct SeenUpload: Sendable {
    var bytes: [UInt8]
    var filename: JSONValue?
    /// As the record and as the PUT has it, which must agree.
    var contentType: String
    var record: FileDTO
}

/// Uploads to a stub that stores, and gives what it saw; size, length and types are compared on the way.
func seen(
    change: (inout FerryConfiguration) -> Void = { _ in }, _ upload: (Ferry) async throws -> FileDTO
) async throws -> SeenUpload {
    var seen: SeenUpload?
    try await withStub(change: change, script: storing) { (ferry, server) async throws in
        let file = try await upload(ferry)
        let partial = try #require(server.requests("POST", "/files").first?.json?["files"]?[0])
        let put = try #require(server.requests.first { $0.method == "PUT" })
        let type = put.headers.first(name: "content-type") ?? ""
        #expect(partial["content_type"] == .string(type))
        if let size = partial["size"] {
            #expect(size == .integer(Int64(put.bodySize)))
            #expect(put.headers.first(name: "content-length") == "\(put.bodySize)")
        }
        #expect(file.size == Int64(put.bodySize))
        #expect(file.sha256 == put.bodyDigest.hexadecimal)
        seen = SeenUpload(
            bytes: put.body, filename: partial["filename"], contentType: type, record: file)
    }
    return try #require(seen)
}

/// Uploads what must be refused, before any request, and gives the error.
func refused(
    change: (inout FerryConfiguration) -> Void = { _ in }, _ upload: (Ferry) async throws -> FileDTO
) async throws -> FerryError {
    var refusal: FerryError?
    try await withStub(change: change, script: storing) { (ferry, server) async throws in
        refusal = await ferryError { _ = try await upload(ferry) }
        #expect(server.requests.isEmpty)
    }
    return try #require(refusal)
}
