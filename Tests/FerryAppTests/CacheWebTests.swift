// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import NIOHTTP1
import Testing

@testable import FerryApp

@Suite(.timeLimit(.minutes(1))) struct CacheWebTests {
    private let text = Array("hello".utf8)

    @Test func `a file is fetched once and found afterwards`() async throws {
        let fixture = try CacheFixture()
        try await CacheServer.with({ [text] _ in .answer(200, [("ETag", "\"1\"")], text) }) { server in
            let first = try await fixture.cache(server).file("\(server.url)/a/note.txt")
            let second = try await fixture.cache(server).file("\(server.url)/a/note.txt")
            #expect(server.requests.count == 1)
            #expect(!first.wasCached)
            #expect(second.wasCached)
            #expect(second.path == first.path)
            #expect(try CacheFixture.bytes(second.path) == text)
            #expect(second.filename == "note.txt")
            #expect(second.path.hasSuffix("/note.txt"))
            #expect(second.size == 5)
        }
    }

    @Test func `a stale file is asked for by its validator and fetched again only if it changed`() async throws {
        let fixture = try CacheFixture()
        let script: CacheServer.Script = { request in
            let isOld = request.earlier < 2
            let tag = isOld ? "\"1\"" : "\"2\""
            if request.headers.first(name: "If-None-Match") == tag { return .answer(304, [("ETag", tag)]) }
            return .answer(200, [("ETag", tag)], Array((isOld ? "old" : "new!").utf8))
        }
        try await CacheServer.with(script) { server in
            let cache = fixture.cache(server)
            let url = "\(server.url)/x.txt"
            _ = try await cache.file(url)
            fixture.pass(seconds: 299)
            _ = try await cache.file(url)
            #expect(server.requests.count == 1)
            fixture.pass(seconds: 2)
            let same = try await cache.file(url)
            #expect(same.wasCached)
            #expect(server.requests.count == 2)
            #expect(server.requests[1].headers.first(name: "If-None-Match") == "\"1\"")
            fixture.pass(seconds: 301)
            let changed = try await cache.file(url)
            #expect(server.requests.count == 3)
            #expect(try CacheFixture.bytes(changed.path) == Array("new!".utf8))
            // The path given out before still holds what it held.
            #expect(try CacheFixture.bytes(same.path) == Array("old".utf8))
        }
    }

    @Test func `without a tag the time of change is the validator`() async throws {
        let fixture = try CacheFixture()
        let time = "Sun, 06 Nov 1994 08:49:37 GMT"
        let script: CacheServer.Script = { [text] request in
            request.headers.first(name: "If-Modified-Since") == time
                ? .answer(304) : .answer(200, [("Last-Modified", time)], text)
        }
        try await CacheServer.with(script) { server in
            let cache = fixture.cache(server)
            _ = try await cache.file("\(server.url)/x")
            let again = try await cache.file("\(server.url)/x", revalidating: true)
            #expect(again.wasCached)
            #expect(server.requests.count == 2)
        }
    }

    @Test(arguments: [("max-age=10", 9, 1), ("max-age=10", 11, 2), ("no-store", 1, 2), ("no-cache, max-age=99", 1, 2)])
    func `the server says how long its answer holds`(header: String, seconds: Int, requests: Int) async throws {
        let fixture = try CacheFixture()
        try await CacheServer.with({ [text] _ in .answer(200, [("Cache-Control", header)], text) }) { server in
            let cache = fixture.cache(server)
            _ = try await cache.file("\(server.url)/x")
            fixture.pass(seconds: Int64(seconds))
            _ = try await cache.file("\(server.url)/x")
            #expect(server.requests.count == requests)
        }
    }

    @Test(arguments: [
        ("X-Amz-Signature=aa&X-Amz-Date=1&v=1", "v=1&X-Amz-Signature=bb&X-Amz-Date=2"),
        ("exp=1&kid=a&sig=00", "exp=2&kid=b&max=3&sig=11"),
        ("Expires=1&Signature=x&Key-Pair-Id=k", "Expires=2&Signature=y&Key-Pair-Id=k"),
        ("GoogleAccessId=a&Expires=1&Signature=x", "GoogleAccessId=a&Expires=2&Signature=y"),
        ("X-Goog-Signature=a&X-Goog-Expires=3", "X-Goog-Signature=b&X-Goog-Expires=4"),
        ("sv=2024&se=1&sp=r&sig=a", "sv=2024&se=2&sp=r&sig=b"),
    ])
    func `an address signed anew is confirmed without its bytes`(first: String, second: String) async throws {
        let fixture = try CacheFixture()
        let script: CacheServer.Script = { [text] request in
            request.headers.contains(name: "If-None-Match")
                ? .answer(304, [("ETag", "\"1\"")]) : .answer(200, [("ETag", "\"1\"")], text)
        }
        try await CacheServer.with(script) { server in
            let cache = fixture.cache(server)
            _ = try await cache.file("\(server.url)/x.bin?\(first)")
            let again = try await cache.file("\(server.url)/x.bin?\(second)")
            #expect(again.wasCached)
            #expect(server.requests.map { $0.headers.contains(name: "If-None-Match") } == [false, true])
            _ = try await cache.file("\(server.url)/x.bin?\(first)")
            _ = try await cache.file("\(server.url)/x.bin?\(second)")
            #expect(server.requests.count == 2)
        }
    }

    @Test func `a forged signature gets nothing out of the cache`() async throws {
        let fixture = try CacheFixture()
        let script: CacheServer.Script = { [text] request in
            request.query.contains("sig=00") ? .answer(200, [("ETag", "\"1\"")], text) : .answer(403)
        }
        try await CacheServer.with(script) { server in
            let cache = fixture.cache(server)
            _ = try await cache.file("\(server.url)/x?exp=1&kid=a&sig=00")
            let failure = await #expect(throws: AppFailure.self) {
                try await cache.file("\(server.url)/x?exp=1&kid=a&sig=99")
            }
            #expect(failure?.code == .fileRefused)
        }
    }

    @Test func `equal bytes of two addresses are kept once`() async throws {
        let fixture = try CacheFixture()
        try await CacheServer.with({ [text] _ in .answer(200, [], text) }) { server in
            let cache = fixture.cache(server)
            let one = try await cache.file("\(server.url)/one.txt")
            let two = try await cache.file("\(server.url)/two.txt")
            #expect(one.path != two.path)
            #expect(FileFacts(path: one.path)?.number == FileFacts(path: two.path)?.number)
            #expect(fixture.files().filter { $0.hasSuffix("/data") }.count == 1)
        }
    }

    @Test func `a lost connection is gone on with where it broke off`() async throws {
        let fixture = try CacheFixture()
        let bytes = CacheFixture.pattern(300_000)
        let script: CacheServer.Script = { request in
            let headers = [("ETag", "\"1\""), CacheFixture.reprDigest(bytes)]
            guard request.earlier > 0 else { return .cut(declared: bytes.count, headers, Array(bytes[..<100_000])) }
            let range = request.headers.first(name: "Range") ?? ""
            let start = Int(range.dropFirst("bytes=".count).dropLast()) ?? 0
            guard start > 0, request.headers.first(name: "If-Range") == "\"1\"" else {
                return .answer(200, headers, bytes)
            }
            return .answer(
                206, headers + [("Content-Range", "bytes \(start)-\(bytes.count - 1)/\(bytes.count)")],
                Array(bytes[start...]))
        }
        try await CacheServer.with(script) { server in
            let file = try await fixture.cache(server).file("\(server.url)/x.bin")
            #expect(try CacheFixture.bytes(file.path) == bytes)
            #expect(server.requests.count == 2)
            #expect(server.requests[1].headers.contains(name: "Range"))
        }
    }

    @Test func `a changed file is not sewn onto the old one`() async throws {
        let fixture = try CacheFixture()
        let old = CacheFixture.pattern(200_000)
        let new = CacheFixture.pattern(150_000, seed: 2)
        let script: CacheServer.Script = { request in
            request.earlier == 0
                ? .cut(declared: old.count, [("ETag", "\"1\"")], Array(old[..<90_000]))
                : .answer(200, [("ETag", "\"2\"")], new)
        }
        try await CacheServer.with(script) { server in
            let file = try await fixture.cache(server).file("\(server.url)/x.bin")
            #expect(try CacheFixture.bytes(file.path) == new)
        }
    }

    @Test func `the name and type come from the answer, else from the bytes`() async throws {
        let fixture = try CacheFixture()
        let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]
        let script: CacheServer.Script = { [text] request in
            switch request.path {
            case "/typed": .answer(200, [("Content-Type", "audio/ogg; codecs=opus")], text)
            case "/named":
                .answer(200, [("Content-Disposition", "attachment; filename*=UTF-8''..%2F%C3%A4%20b.png")], png)
            default: .answer(200, [("Content-Type", "application/octet-stream")], png)
            }
        }
        try await CacheServer.with(script) { server in
            let cache = fixture.cache(server)
            #expect(try await cache.file("\(server.url)/typed").contentType == "audio/ogg; codecs=opus")
            #expect(try await cache.file("\(server.url)/plain").contentType == "image/png")
            let named = try await cache.file("\(server.url)/named")
            #expect(named.filename == "ä b.png")
            #expect(named.contentType == "image/png")
        }
    }
}
