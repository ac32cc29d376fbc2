// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import NIOCore
import Testing

@testable import FerryServerCore

struct UploadServiceTests {
    private struct Trouble: Error {}
    private static let sha256OfHello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

    /// Sends a body and expects a refusal that leaves the record pending and nothing stored.
    private func refused(
        _ text: String, to record: FileRecord, in world: World, length: Int64?, digests: [String] = []
    ) async throws -> ServerError.Code {
        let error = try await refusal {
            let ticket = try await world.services.uploads.admit(
                try world.head(of: record, length: length, digests: digests))
            _ = try await world.services.uploads.receive(ticket, body: OneChunk(bytes: Array(text.utf8)))
        }
        #expect(try await world.files.file(id: record.id)?.isReady == false)
        #expect(try await world.blobKeys().isEmpty)
        #expect(world.blobs.uploadCount == 0)
        return error.code
    }

    @Test func `bytes make a record ready`() async throws {
        let world = try await World()
        let record = try await world.pending(PartialFile(filename: "a.txt", contentType: "text/plain", size: 5))
        world.clock.advance(bySeconds: 60)
        let ready = try await world.put("hello", to: record, type: "image/png")
        #expect(ready.blob?.digest == BlobDigest(size: 5, sha256: Self.sha256OfHello))
        #expect(ready.contentType == "text/plain")
        #expect(ready.updatedAt == world.clock.now)
        #expect(ready.createdAt == record.createdAt)
        #expect(try await world.files.file(id: record.id) == ready)
        #expect(try await world.text(of: ready) == "hello")
    }

    @Test(arguments: [
        ("image/png", "image/png"), ("", "application/octet-stream"), ("garbage", "application/octet-stream"),
        ("*/*", "application/octet-stream"), ("a/b\r\nX: y", "application/octet-stream"),
        ("TEXT/Plain; charset=utf-8", "text/plain; charset=utf-8"),
    ])
    func `a type that says nothing gives way to the one that came with the bytes`(
        given: String, expected: String
    ) async throws {
        let world = try await World()
        let record = try await world.pending(PartialFile(filename: "data"))
        #expect(record.contentType == "application/octet-stream")
        let type = try await world.put("x", to: record, type: given).contentType
        #expect(type.replacing(" ", with: "") == expected.replacing(" ", with: ""))
    }

    @Test func `an empty body is a file of nothing`() async throws {
        let world = try await World()
        for size in [nil, 0] as [Int64?] {
            let ready = try await world.put("", to: try await world.pending(PartialFile(size: size)))
            #expect(ready.blob?.digest.size == 0)
        }
    }

    @Test func `a body that ends early is incomplete`() async throws {
        let world = try await World()
        let record = try await world.pending()
        #expect(try await refused("hello", to: record, in: world, length: 6) == .incompleteBody)
        #expect(try await refused("", to: record, in: world, length: 1) == .incompleteBody)
        // A fresh attempt still works.
        #expect(try await world.put("hello!", to: record).isReady)
    }

    @Test func `a body of another length than declared is refused`() async throws {
        let world = try await World()
        let record = try await world.pending(PartialFile(size: 5))
        #expect(try await refused("hell", to: record, in: world, length: nil) == .sizeMismatch)
        #expect(try await refused("hell", to: record, in: world, length: 4) == .sizeMismatch)
        #expect(try await refused("hello!", to: record, in: world, length: nil) == .payloadTooLarge)
        #expect(try await refused("hello!", to: record, in: world, length: 6) == .payloadTooLarge)
        #expect(try await refused("hello!", to: record, in: world, length: 5) == .payloadTooLarge)
        #expect(try await refused("", to: record, in: world, length: nil) == .sizeMismatch)
    }

    @Test func `a body of unknown length ends at the largest size`() async throws {
        let world = try await World { $0.maximumFileSize = 4 }
        let record = try await world.pending()
        #expect(try await refused("hello", to: record, in: world, length: nil) == .payloadTooLarge)
        #expect(try await refused("hello", to: record, in: world, length: 5) == .payloadTooLarge)
        #expect(try await world.put("hell", to: record).isReady)
    }

    @Test func `a body is not read on past the limit`() async throws {
        let world = try await World { $0.maximumFileSize = 4 }
        let record = try await world.pending()
        let ticket = try await world.services.uploads.admit(try world.head(of: record))
        let body = ControlledBody()
        body.send("12345")
        // The stream never ends: only a refusal at the first chunk gets past here.
        let error = try await refusal { _ = try await world.services.uploads.receive(ticket, body: body.stream) }
        #expect(error.code == .payloadTooLarge)
    }

    @Test func `a wrong digest is refused and the right one works`() async throws {
        let world = try await World()
        let record = try await world.pending()
        let wrong = String(repeating: "0", count: 64)
        #expect(try await refused("hello", to: record, in: world, length: 5, digests: [wrong]) == .digestMismatch)
        #expect(
            try await refused("hello", to: record, in: world, length: 5, digests: [Self.sha256OfHello, wrong])
                == .digestMismatch)
        let head = try world.head(of: record, length: 5, digests: [Self.sha256OfHello, Self.sha256OfHello])
        let ticket = try await world.services.uploads.admit(head)
        let ready = try await world.services.uploads.receive(ticket, body: OneChunk(bytes: Array("hello".utf8)))
        #expect(ready.isReady)
    }

    @Test func `the same bytes again change nothing`() async throws {
        let world = try await World()
        let record = try await world.pending()
        let first = try await world.put("hello", to: record)
        world.clock.advance(bySeconds: 60)
        for _ in 0..<3 { #expect(try await world.put("hello", to: record) == first) }
        #expect(try await world.blobKeys() == [first.blob?.key])
        #expect(try await world.text(of: first) == "hello")
    }

    @Test func `other bytes never replace the first`() async throws {
        let world = try await World()
        let record = try await world.pending()
        let first = try await world.put("hello", to: record)
        #expect(try await refusal { try await world.put("world", to: record) }.code == .conflict)
        #expect(try await refusal { try await world.put("", to: record) }.code == .conflict)
        #expect(try await world.files.file(id: record.id) == first)
        #expect(try await world.blobKeys() == [first.blob?.key])
        #expect(try await world.text(of: first) == "hello")
    }

    @Test func `a body that breaks leaves nothing`() async throws {
        let world = try await World()
        let record = try await world.pending()
        let ticket = try await world.services.uploads.admit(try world.head(of: record, length: 10))
        let body = ControlledBody()
        body.send("hello")
        body.fail(Trouble())
        await #expect(throws: Trouble.self) { try await world.services.uploads.receive(ticket, body: body.stream) }
        #expect(world.blobs.size == 0)
        #expect(world.blobs.uploadCount == 0)
        #expect(try await world.files.file(id: record.id)?.isReady == false)
    }

    @Test func `an upload that is cancelled leaves nothing`() async throws {
        let world = try await World()
        let record = try await world.pending()
        let ticket = try await world.services.uploads.admit(try world.head(of: record, length: 10))
        let body = ControlledBody()
        body.send("hello")
        let upload = Task { try await world.services.uploads.receive(ticket, body: body.stream) }
        try await eventually("the first bytes came") { world.blobs.size == 5 }
        upload.cancel()
        await #expect(throws: (any Error).self) { try await upload.value }
        #expect(world.blobs.size == 0)
        #expect(world.blobs.uploadCount == 0)
        #expect(try await world.files.file(id: record.id)?.isReady == false)
    }

    @Test func `a full store is told and a freed one works`() async throws {
        let world = try await World(capacity: 8)
        let other = try await world.ready("123456")
        let record = try await world.pending()
        for length in [nil, 5] as [Int64?] {
            let error = try await refusal {
                let ticket = try await world.services.uploads.admit(try world.head(of: record, length: length))
                _ = try await world.services.uploads.receive(ticket, body: OneChunk(bytes: Array("hello".utf8)))
            }
            #expect(error.code == .storageFull)
            #expect(world.blobs.size == 6)
        }
        try await world.services.files.delete(id: other.id, by: world.root)
        #expect(try await world.put("hello", to: record).isReady)
    }
}
