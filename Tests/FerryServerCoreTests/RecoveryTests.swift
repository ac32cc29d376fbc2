// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import NIOCore
import Testing

@testable import FerryServerCore

struct RecoveryTests {
    private func orphan(_ text: String, in world: World) async throws -> String {
        let writer = try await world.blobs.begin(team: "team", expectedSize: nil)
        try await writer.write(ByteBuffer(string: text))
        _ = try await writer.finish()
        return try await writer.commit().key
    }

    @Test func `bytes that a record names stay and all others go`() async throws {
        let world = try await World()
        var kept: [FileRecord] = []
        for number in 0..<20 { kept.append(try await world.ready("kept \(number)")) }
        for number in 0..<20 { _ = try await orphan("orphan \(number)", in: world) }
        try await world.services.recover(blobs: world.blobs, clock: world.clock.serverClock)
        #expect(try await Set(world.blobKeys()) == Set(kept.compactMap { $0.blob?.key }))
        for (number, record) in kept.enumerated() { #expect(try await world.text(of: record) == "kept \(number)") }
    }

    @Test func `more bytes than one batch are looked through`() async throws {
        let world = try await World()
        let kept = try await world.ready("kept")
        for number in 0..<2100 { _ = try await orphan("\(number)", in: world) }
        try await world.services.recover(blobs: world.blobs, clock: world.clock.serverClock)
        #expect(try await world.blobKeys() == [kept.blob?.key])
    }

    @Test func `uploads that a death cut off are dropped`() async throws {
        let world = try await World()
        let writer = try await world.blobs.begin(team: "team", expectedSize: nil)
        try await writer.write(ByteBuffer(string: "half of"))
        #expect(world.blobs.uploadCount == 1)
        try await world.services.recover(blobs: world.blobs, clock: world.clock.serverClock)
        #expect(world.blobs.uploadCount == 0)
        #expect(world.blobs.size == 0)
    }

    @Test func `records wait for their bytes a week and no longer`() async throws {
        let world = try await World()
        let old = try await world.pending()
        let done = try await world.ready("done")
        world.clock.advance(bySeconds: world.limits.pendingLifetime)
        let fresh = try await world.pending()
        try await world.services.recover(blobs: world.blobs, clock: world.clock.serverClock)
        #expect(try await world.files.file(id: old.id) != nil)
        world.clock.advance(bySeconds: 1)
        try await world.services.recover(blobs: world.blobs, clock: world.clock.serverClock)
        #expect(try await world.files.file(id: old.id) == nil)
        #expect(try await world.files.file(id: fresh.id) == fresh)
        #expect(try await world.files.file(id: done.id) == done)
    }

    @Test func `a second run finds nothing to do`() async throws {
        let world = try await World()
        let kept = try await world.ready("kept")
        for _ in 0..<3 { try await world.services.recover(blobs: world.blobs, clock: world.clock.serverClock) }
        #expect(try await world.blobKeys() == [kept.blob?.key])
    }
}
