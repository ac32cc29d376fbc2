// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import NIOHTTP1
import Synchronization
import Testing

@testable import FerryClient

@Suite struct UploadFailureTests {
    @Test func `a stream that fails fails the upload with its own error and leaves no record`() async throws {
        struct Broken: Error {}
        try await withStub(script: storing) { (ferry, server) async throws in
            let stream = AsyncThrowingStream<[UInt8], any Error> { continuation in
                continuation.yield([1, 2, 3])
                continuation.finish(throwing: Broken())
            }
            await #expect(throws: Broken.self) { try await ferry.files.upload(stream) }
            #expect(server.requests.contains { $0.method == "DELETE" })
        }
    }

    @Test func `a record without an address is an error in the expected words`() async throws {
        try await withStub(script: { request, _ in
            request.method == "POST" ? .json(["data": [record().json], "messages": []]) : .json([:])
        }) { (ferry, server) async throws in
            let error = await ferryError { _ = try await ferry.files.upload([1]) }
            #expect(error?.code == .missingUploadURL)
            #expect(error?.message.hasPrefix("No upload URL provided by the server") == true)
            #expect(!server.requests("DELETE", "/files/\(fileID)").isEmpty)
        }
    }

    @Test func `a refused PUT is an error in the expected words and the record goes away`() async throws {
        try await withStub(script: { request, server in
            request.method == "PUT"
                ? .problem(403, "forbidden", "signature does not match") : storing(request, server)
        }) { (ferry, server) async throws in
            let error = await ferryError { _ = try await ferry.files.upload([1]) }
            #expect(error?.message == "Failed to upload file content: 403 signature does not match")
            #expect(error?.code == .uploadFailed)
            #expect(error?.status == 403)
            #expect(error?.serverCode == "forbidden")
            #expect(server.requests.filter { $0.method == "PUT" }.count == 1)
            #expect(server.requests.filter { $0.method == "DELETE" }.count == 1)
            #expect(error?.message.contains("secret") == false)
        }
    }

    @Test func `a refusal at the head of a large upload is told as such`() async throws {
        try await withFolder { folder in
            try write(noise(8 << 20), to: "\(folder)/big.bin")
            try await withStub(
                atHead: { request, _ in
                    request.method == "PUT" ? .problem(413, "too_large", "at most 1 MiB") : nil
                }, script: storing
            ) { (ferry, server) async throws in
                let error = await ferryError { _ = try await ferry.files.upload(path: "\(folder)/big.bin") }
                #expect(error?.status == 413)
                #expect(error?.code == .tooLarge)
                #expect(error?.message.hasPrefix("Failed to upload file content: 413 at most 1 MiB") == true)
            }
        }
    }

    @Test(arguments: [408, 429, 500, 502, 503, 504])
    func `a PUT is sent again from its start after a passing failure`(status: Int) async throws {
        try await withStub(script: { request, server in
            request.method == "PUT" && request.earlier < 2
                ? .respond(status: status, body: Array("<html>busy</html>".utf8)) : storing(request, server)
        }) { (ferry, server) async throws in
            let bytes = noise(200_000)
            let file = try await ferry.files.upload(bytes)
            let puts = server.requests.filter { $0.method == "PUT" }
            #expect(puts.count == 3)
            #expect(puts.allSatisfy { $0.bodyDigest == sha256(bytes) })
            #expect(file.sha256 == sha256(bytes).hexadecimal)
        }
    }

    @Test func `a PUT is sent again after a reset`() async throws {
        try await withFolder { folder in
            let bytes = noise(4 << 20)
            try write(bytes, to: "\(folder)/a.bin")
            try await withStub(
                atHead: { request, _ in request.method == "PUT" && request.earlier == 0 ? .reset : nil },
                script: storing
            ) { (ferry, server) async throws in
                let file = try await ferry.files.upload(path: "\(folder)/a.bin")
                #expect(file.sha256 == sha256(bytes).hexadecimal)
                #expect(server.requests.filter { $0.method == "PUT" }.count == 2)
            }
        }
    }

    @Test func `a stream is not sent twice`() async throws {
        try await withStub(script: { request, server in
            request.method == "PUT" ? .respond(status: 503) : storing(request, server)
        }) { (ferry, server) async throws in
            let stream = AsyncStream<[UInt8]> { continuation in
                continuation.yield([1])
                continuation.finish()
            }
            let error = await ferryError { _ = try await ferry.files.upload(stream) }
            #expect(error?.status == 503)
            #expect(server.requests.filter { $0.method == "PUT" }.count == 1)
        }
    }

    @Test func `an expired address is asked for anew once`() async throws {
        try await withStub(script: { request, server in
            switch (request.method, request.query) {
            case ("PUT", "fresh"): storing(request, server)
            case ("PUT", _): .problem(403, "url_expired", "the upload address has expired")
            case ("GET", _): .json(record(uploadURL: "\(server.url)/uploads/\(fileID)?fresh").json)
            default: storing(request, server)
            }
        }) { (ferry, server) async throws in
            let file = try await ferry.files.upload([1, 2, 3])
            #expect(file.size == 3)
            #expect(server.requests.filter { $0.method == "PUT" }.count == 2)
        }
    }

    @Test func `an address that stays expired is an error`() async throws {
        try await withStub(script: { request, server in
            switch request.method {
            case "PUT": .problem(403, "url_expired", "the upload address has expired")
            case "GET": .json(record(uploadURL: "\(server.url)/uploads/\(fileID)?fresh").json)
            default: storing(request, server)
            }
        }) { (ferry, server) async throws in
            let error = await ferryError { _ = try await ferry.files.upload([1, 2, 3]) }
            #expect(error?.serverCode == "url_expired")
            #expect(server.requests.filter { $0.method == "PUT" }.count == 2)
        }
    }

    @Test func `bytes that arrived changed are an integrity error and the record goes away`() async throws {
        try await withStub(script: { request, server in
            let wrong = Base64.encode(sha256([9]))
            return request.method == "PUT"
                ? .json([:], headers: ["Repr-Digest": "sha-256=:\(wrong):"]) : storing(request, server)
        }) { (ferry, server) async throws in
            let error = await ferryError { _ = try await ferry.files.upload([1]) }
            #expect(error?.code == .integrity)
            #expect(server.requests.contains { $0.method == "DELETE" })
        }
    }

    @Test func `a lost answer to a PUT that succeeded is found out`() async throws {
        let digest = Shared<String?>(nil)
        try await withStub(script: { request, server in
            switch (request.method, request.earlier) {
            case ("PUT", 0):
                digest.change { $0 = request.bodyDigest.hexadecimal }
                return .reset
            case ("PUT", _): return .problem(409, "conflict", "the file is ready already")
            case ("GET", _): return .json(record(url: "\(server.url)/content/x/y", sha256: digest.value).json)
            default: return storing(request, server)
            }
        }) { (ferry, _) async throws in
            let file = try await ferry.files.upload([1, 2, 3])
            #expect(file.sha256 == sha256([1, 2, 3]).hexadecimal)
        }
    }

    @Test func `an upload that is no longer iterated is cancelled`() async throws {
        try await withFolder { folder in
            try write(noise(16 << 20), to: "\(folder)/a.bin")
            try await withStub(
                atHead: { request, _ in request.method == "PUT" ? .noAnswer : nil }, script: storing
            ) { (ferry, server) async throws in
                for try await event in ferry.files.uploading(path: "\(folder)/a.bin") {
                    if case .progress = event, server.requests.contains(where: { $0.method == "PUT" }) { break }
                }
                #expect(try await eventually { server.requests.contains { $0.method == "DELETE" } })
                #expect(try await eventually { server.openConnections <= 1 })
            }
        }
    }
}
