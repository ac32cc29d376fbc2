// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import NIOCore
import Testing

@testable import FerryServerCore

struct DownloadServiceTests {
    private func code(_ id: String, _ path: String, _ query: String?, in world: World) async throws -> ServerError.Code
    {
        try await refusal { _ = try await world.services.downloads.open(id: id, path: path, query: query) }.code
    }

    @Test func `a private file opens with its link alone`() async throws {
        let world = try await World()
        let record = try await world.ready("hello")
        let link = Link(world.presenter.present(record).url)
        let download = try await world.services.downloads.open(id: record.id, path: link.path, query: link.query)
        #expect(download.record == record)
        #expect(download.digest == record.blob?.digest)
        #expect(String(buffer: try await download.reader.read(at: 0, maximumLength: 100)) == "hello")
        await download.reader.close()
        #expect(try await code(record.id, link.path, nil, in: world) == .signatureInvalid)
        #expect(try await code(record.id, link.path, "", in: world) == .signatureInvalid)
    }

    @Test func `without a signature a private file and none look the same`() async throws {
        let world = try await World()
        let record = try await world.ready("hello")
        let path = Link(world.presenter.present(record).url).path
        let hidden = try await refusal {
            _ = try await world.services.downloads.open(id: record.id, path: path, query: nil)
        }
        let absent = try await refusal {
            _ = try await world.services.downloads.open(id: Identifier.random(), path: path, query: nil)
        }
        #expect(hidden.description == absent.description)
    }

    @Test func `a public file opens without a signature but not with a wrong one`() async throws {
        let world = try await World()
        let record = try await world.ready("hello", PartialFile(filename: "a.txt", isPublic: true))
        let link = Link(world.presenter.present(record).url)
        #expect(link.query == nil)
        let download = try await world.services.downloads.open(id: record.id, path: link.path, query: nil)
        await download.reader.close()
        #expect(try await code(record.id, link.path, "x=1", in: world) == .signatureInvalid)
        #expect(try await code(record.id, link.path, "", in: world) == .signatureInvalid)
    }

    @Test func `only the canonical path works`() async throws {
        let world = try await World()
        let record = try await world.ready("hello", PartialFile(filename: "a.txt", isPublic: true))
        let path = Link(world.presenter.present(record).url).path
        for other in ["/\(path)", "\(path)/", "\(path);x", "/.\(path)", "/v1\(path)", path.replacing("a", with: "%61")]
        {
            #expect(try await code(record.id, other, nil, in: world) == .notFound, "\(other)")
        }
        #expect(try await code(record.id, "/content/\(record.id)/b.txt", nil, in: world) == .notFound)
    }

    @Test func `the link of a new record stays good when the bytes tell a better type`() async throws {
        let world = try await World()
        let pending = FileRecord(
            id: Identifier.random(), teamID: world.root.team.id, userID: "u", createdAt: world.clock.now,
            updatedAt: world.clock.now, filename: "photo", contentType: "application/octet-stream")
        let link = Link(world.presenter.presentNew(pending).url)
        var ready = pending
        let stored = try await world.ready("hello")
        ready.blob = stored.blob
        ready.contentType = "image/png"
        try await world.services.files.index.insert([ready])
        let now = Link(world.presenter.present(ready).url)
        #expect(now.path != link.path)
        for each in [link, now] {
            let download = try await world.services.downloads.open(id: ready.id, path: each.path, query: each.query)
            await download.reader.close()
            #expect(download.record.id == ready.id)
        }
    }

    @Test func `expired and foreign links are refused`() async throws {
        let world = try await World()
        let record = try await world.ready("hello")
        let other = try await world.ready("other")
        let link = Link(world.presenter.present(record).url)
        let upload = Link(world.services.links.uploadLink(record, base: World.base))
        #expect(try await code(record.id, link.path, upload.query, in: world) == .signatureInvalid)
        let otherLink = Link(world.presenter.present(other).url)
        #expect(try await code(other.id, otherLink.path, link.query, in: world) == .signatureInvalid)
        world.clock.advance(bySeconds: world.limits.linkLifetime)
        #expect(try await code(record.id, link.path, link.query, in: world) == .urlExpired)
    }

    @Test func `what is pending or gone is not found`() async throws {
        let world = try await World()
        let record = try await world.pending(PartialFile(filename: "a.txt", isPublic: true))
        let path = Link(world.presenter.presentNew(record).url).path
        #expect(try await code(record.id, path, nil, in: world) == .notFound)
        let ready = try await world.put("hello", to: record)
        try await world.services.files.delete(id: ready.id, by: world.root)
        #expect(try await code(record.id, path, nil, in: world) == .signatureInvalid)
        let hidden = try await world.ready("hidden")
        let link = Link(world.presenter.present(hidden).url)
        try await world.services.files.delete(id: hidden.id, by: world.root)
        #expect(try await code(hidden.id, link.path, link.query, in: world) == .notFound)
    }

    @Test func `lost bytes are the server's failure`() async throws {
        let world = try await World()
        let record = try await world.ready("hello")
        let link = Link(world.presenter.present(record).url)
        try await world.blobs.remove(try #require(record.blob?.key))
        #expect(try await code(record.id, link.path, link.query, in: world) == .internalError)
    }

    @Test func `bytes of another size than recorded are never served`() async throws {
        let world = try await World()
        let stored = try #require(try await world.ready("hello").blob)
        let wrong = BlobReference(key: stored.key, digest: BlobDigest(size: 6, sha256: stored.digest.sha256))
        let record = FileRecord.sample(isPublic: true, blob: wrong)
        try await world.files.insert([record])
        let path = Link(world.presenter.present(record).url).path
        #expect(try await code(record.id, path, nil, in: world) == .internalError)
    }

    @Test func `a record without bytes opens nothing for the server's own side`() async throws {
        let world = try await World()
        let record = try await world.pending()
        let error = try await refusal { _ = try await world.services.downloads.open(record) }
        #expect(error.code == .conflict)
    }

    @Test(arguments: [(0..<10, 3), (2..<7, 2), (0..<0, 4), (9..<10, 100), (0..<10, 1)] as [(Range<Int64>, Int)])
    func `chunks are exactly the range`(range: Range<Int64>, size: Int) async throws {
        let bytes = Array("0123456789".utf8)
        var got: [UInt8] = []
        for try await chunk in BlobChunks(MemoryReader(bytes: bytes), range: range, chunkSize: size) {
            #expect(chunk.readableBytes <= size)
            got += Array(buffer: chunk)
        }
        #expect(got == Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)]))
    }

    @Test func `chunks that end too early are an error and no end`() async throws {
        var chunks = BlobChunks(MemoryReader(bytes: [1, 2], claimed: 4), range: 0..<4, chunkSize: 2).makeAsyncIterator()
        #expect(try await chunks.next()?.readableBytes == 2)
        let error = try await refusal { _ = try await chunks.next() }
        #expect(error.code == .internalError)
    }
}
