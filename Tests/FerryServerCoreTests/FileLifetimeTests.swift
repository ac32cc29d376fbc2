// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

struct FileLifetimeTests {
    @Test(arguments: [0, 59, -1, 31_536_001, Int64.max, .min])
    func `a life too short or too long is refused by its place`(lifetime: Int64) async throws {
        let world = try await World()
        let error = try await refusal { _ = try await world.pending(PartialFile(expiresIn: lifetime)) }
        #expect(error.code == .validation)
        #expect(error.message.hasPrefix("/files/0/expires_in"))
    }

    @Test func `a file is gone for everybody at its time`() async throws {
        let world = try await World()
        let record = try await world.ready("hello", PartialFile(filename: "a.txt", isPublic: true, expiresIn: 60))
        let pending = try await world.pending(PartialFile(filename: "b.txt", expiresIn: 60))
        let head = try world.head(of: pending)
        let unsigned = Link(world.presenter.present(record).url)
        #expect(world.presenter.present(record).expiresAt == world.clock.now.advanced(bySeconds: 60))
        world.clock.advance(bySeconds: 59)
        let seen = try await world.services.downloads.open(id: record.id, path: unsigned.path, query: nil)
        await seen.reader.close()
        #expect(try await world.services.files.list(CursorListRequest(), for: world.root).records.count == 2)
        world.clock.advance(bySeconds: 1)
        let files = world.services.files
        let codes = [
            try await refusal { _ = try await files.file(id: record.id, for: world.root) }.code,
            try await refusal { _ = try await files.update(id: record.id, FileUpdate(path: ""), by: world.root) }.code,
            try await refusal { try await files.delete(id: record.id, by: world.root) }.code,
            try await refusal { _ = try await world.services.uploads.admit(head) }.code,
        ]
        #expect(codes == [.notFound, .notFound, .notFound, .notFound])
        let unseen = try await refusal {
            _ = try await world.services.downloads.open(id: record.id, path: unsigned.path, query: nil)
        }
        #expect(unseen.code == .signatureInvalid)
        #expect(try await files.list(CursorListRequest(), for: world.root).records.isEmpty)
        #expect(try await world.blobKeys().count == 1)
        #expect(try await files.sweep(at: world.clock.now) == 2)
        #expect(try await world.blobKeys().isEmpty)
        #expect(try await files.sweep(at: world.clock.now) == 0)
    }

    @Test func `bytes that another file has stay when one expires`() async throws {
        let world = try await World()
        _ = try await world.ready("hello", PartialFile(filename: "a.txt", expiresIn: 60))
        let kept = try await world.ready("hello", PartialFile(filename: "b.txt"))
        world.clock.advance(bySeconds: 60)
        #expect(try await world.services.files.sweep(at: world.clock.now) == 1)
        #expect(try await world.text(of: kept) == "hello")
    }

    @Test func `more than one batch goes in one sweep`() async throws {
        let world = try await World { $0.sweepBatch = 3 }
        for _ in 0..<8 { _ = try await world.pending(PartialFile(expiresIn: 60)) }
        let kept = try await world.pending(PartialFile(expiresIn: 61))
        world.clock.advance(bySeconds: 60)
        #expect(try await world.services.files.sweep(at: world.clock.now) == 8)
        #expect(try await world.files.file(id: kept.id) == kept)
    }

    @Test func `the sweeper finds expired and old pending files by itself, until it is cancelled`() async throws {
        let world = try await World()
        let expired = try await world.ready("hello", PartialFile(filename: "a.txt", expiresIn: 60))
        let forgotten = try await world.pending()
        world.clock.advance(bySeconds: world.limits.pendingLifetime + 1)
        let sweeping = Task { try await world.services.sweeper.run() }
        try await eventually("both records to go") {
            let present = [try await world.files.file(id: expired.id), try await world.files.file(id: forgotten.id)]
            let keys = try await world.blobKeys()
            return present.allSatisfy { $0 == nil } && keys.isEmpty
        }
        sweeping.cancel()
        try await sweeping.value
        #expect(try await world.files.file(id: expired.id) == nil)
    }
}
