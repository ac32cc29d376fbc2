// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

struct UploadLinkTests {
    private func code(_ head: UploadService.Head, in world: World) async throws -> ServerError.Code {
        try await refusal { _ = try await world.services.uploads.admit(head) }.code
    }

    @Test func `an expired link takes nothing and the record gives a fresh one`() async throws {
        let world = try await World()
        let record = try await world.pending()
        let stale = try world.head(of: record)
        world.clock.advance(bySeconds: world.limits.linkLifetime)
        #expect(try await code(stale, in: world) == .urlExpired)
        #expect(try await world.put("hello", to: record).isReady)
    }

    @Test func `an upload under way outlives its link`() async throws {
        let world = try await World()
        let record = try await world.pending()
        let ticket = try await world.services.uploads.admit(try world.head(of: record))
        world.clock.advance(bySeconds: 2 * world.limits.linkLifetime)
        let ready = try await world.services.uploads.receive(ticket, body: OneChunk(bytes: [1, 2, 3]))
        #expect(ready.isReady)
    }

    @Test func `a link with any one character changed is refused`() async throws {
        let world = try await World()
        let good = try world.head(of: try await world.pending(PartialFile(size: 5)), length: 5)
        let query = Array(good.query.utf8)
        for position in query.indices {
            var altered = query
            altered[position] = altered[position] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
            var head = good
            head.query = String(decoding: altered, as: UTF8.self)
            #expect(try await code(head, in: world) == .signatureInvalid, "position \(position)")
        }
    }

    @Test(arguments: [
        "", "sig=", "exp=1", "QUERY&QUERY", "QUERY&", "&QUERY", "QUERY&x=1", "QUERY&sig=00", "QUERY&exp=99999999999",
    ])
    func `a link without its one right query is refused`(pattern: String) async throws {
        let world = try await World()
        var head = try world.head(of: try await world.pending())
        head.query = pattern.replacing("QUERY", with: head.query)
        #expect(try await code(head, in: world) == .signatureInvalid)
    }

    @Test(arguments: ["0", "-1", "9223372036854775807", "9223372036854775808", "1e9", "+1", ""])
    func `an expiry nobody signed is refused`(expiry: String) async throws {
        let world = try await World()
        var head = try world.head(of: try await world.pending())
        let parts = head.query.split(separator: "&").map { $0.hasPrefix("exp=") ? "exp=\(expiry)" : String($0) }
        head.query = parts.joined(separator: "&")
        #expect(try await code(head, in: world) == .signatureInvalid)
    }

    @Test func `a link for reading takes no bytes`() async throws {
        let world = try await World()
        let record = try await world.pending()
        let link = Link(world.presenter.presentNew(record).url)
        var head = try world.head(of: record)
        head.query = try #require(link.query)
        #expect(try await code(head, in: world) == .signatureInvalid)
        head.path = link.path
        #expect(try await code(head, in: world) == .signatureInvalid)
    }

    @Test func `a link takes no other file's bytes nor another spelling of its path`() async throws {
        let world = try await World()
        let record = try await world.pending()
        let good = try world.head(of: record)
        var head = good
        head.id = try await world.pending().id
        #expect(try await code(head, in: world) == .signatureInvalid)
        for path in ["/\(good.path)", "\(good.path)/", "/v1\(good.path)", "/.\(good.path)", good.path.uppercased()] {
            head = good
            head.path = path
            #expect(try await code(head, in: world) == .signatureInvalid, "\(path)")
        }
    }

    @Test func `a good link to a record that is gone finds nothing`() async throws {
        let world = try await World()
        let record = try await world.pending()
        let head = try world.head(of: record)
        try await world.services.files.delete(id: record.id, by: world.root)
        #expect(try await code(head, in: world) == .notFound)
    }

    @Test func `the signature is checked before anything is said of the body`() async throws {
        let world = try await World()
        var head = try world.head(of: try await world.pending(PartialFile(size: 5)), length: 500)
        #expect(try await code(head, in: world) == .payloadTooLarge)
        head.query = "sig=00"
        #expect(try await code(head, in: world) == .signatureInvalid)
    }
}
