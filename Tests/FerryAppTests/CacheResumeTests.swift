// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOHTTP1
import Testing

@testable import FerryApp

/// A part is put to the bytes that are there only if it is surely the rest of them.
@Suite(.timeLimit(.minutes(1))) struct CacheResumeTests {
    private static let old = CacheFixture.pattern(200_000)
    private static let new = CacheFixture.pattern(200_000, seed: 2)
    private static let cut = 90_000

    /// A server whose file changes after the first answer, which is cut, and that looks at Range alone.
    private func fetched(_ first: [(String, String)], _ part: [(String, String)]) async throws -> Bool {
        let fixture = try CacheFixture()
        let script: CacheServer.Script = { request in
            if request.earlier == 0 { return .cut(declared: Self.old.count, first, Array(Self.old[..<Self.cut])) }
            guard request.headers.contains(name: "Range") else { return .answer(200, [("ETag", "\"2\"")], Self.new) }
            return .answer(206, part, Array(Self.new[Self.cut...]))
        }
        return try await CacheServer.with(script) { server in
            let file = try await fixture.cache(server).file("\(server.url)/x.bin")
            #expect(try CacheFixture.bytes(file.path) == Self.new)
            return server.requests.dropFirst().contains { $0.headers.contains(name: "Range") }
        }
    }

    private static let range = ("Content-Range", "bytes 90000-199999/200000")

    @Test(arguments: [
        [("ETag", "\"2\""), range], [("ETag", "W/\"1\""), range],
        [("ETag", "\"1\""), ("Content-Range", "bytes 90000-199999/200001")],
        [("Content-Range", "bytes 90000-199999/200001")], [("Content-Range", "bytes 90000-199999/*")],
        [("ETag", "\"1\""), ("Content-Range", "bytes 80000-189999/200000")], [("ETag", "\"1\"")],
        [("ETag", "\"1\""), range, CacheFixture.reprDigest(new)],
    ])
    func `a part of another file is not sewn on, whatever the server makes of If-Range`(
        part: [(String, String)]
    ) async throws {
        // A digest of the whole would tell at the end; most servers give none.
        let hasDigest = part.contains { $0.0 == "Repr-Digest" }
        let first = [("ETag", "\"1\"")] + (hasDigest ? [CacheFixture.reprDigest(Self.old)] : [])
        #expect(try await fetched(first, part))
    }

    @Test(arguments: [
        [("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT")],
        [("ETag", "W/\"1\""), ("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT")],
    ])
    func `without a strong tag the whole is asked for again`(first: [(String, String)]) async throws {
        #expect(try await fetched(first, [Self.range]) == false)
    }

    @Test(
        arguments: [
            ("bytes 0-0/1", 0, 1), ("Bytes 100-299/300", 100, 300), ("bytes 5-9/*", 5, nil),
        ] as [(String, Int64, Int64?)])
    func `a range is read`(header: String, start: Int64, total: Int64?) throws {
        let range = try #require(PartRange(header))
        #expect(range.start == start)
        #expect(range.total == total)
    }

    @Test(arguments: [
        "", "bytes", "bytes */300", "bytes 9-5/300", "bytes 0-300/300", "bytes -5/300", "bytes 1-/300", "items 0-1/2",
        "bytes 0-1/2/3", "bytes 0-1-2/3", "bytes +1-2/3", "bytes 0-1/99999999999999999999",
    ])
    func `what is no range of bytes is none`(header: String) {
        #expect(PartRange(header) == nil)
    }
}
