// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@testable import FerryApp

/// The defects of the official `File`, each in the order of the wire contract, section 7.1; ours has none of them.
@Suite(.timeLimit(.minutes(1))) struct FileDefectTests {
    private func fetch(_ url: String, _ cache: FileCache) async throws -> File {
        try await FileAccess.$override.withValue(cache) {
            let file = try File(uri: url)
            _ = try await file.localPath()
            return file
        }
    }

    @Test func `an object with an id and other keys is a file`() throws {
        let file = try JSONDecoder().decode(
            File.self, from: Data(#"{"uri":"https://example.org/a.png","id":"f1","user_id":null}"#.utf8))
        #expect(file.filename == "a.png")
    }

    @Test func `a truncated download ends with an error and is not kept`() async throws {
        let fixture = try CacheFixture()
        try await CacheServer.with({ _ in .cut(declared: 100, [], Array(repeating: 1, count: 50)) }) { server in
            await #expect(throws: AppFailure.self) { try await fetch("\(server.url)/x", fixture.cache(server)) }
            #expect(fixture.files().isEmpty)
        }
    }

    @Test func `a stale file is asked for anew`() async throws {
        let fixture = try CacheFixture()
        try await CacheServer.with({ .answer(200, [], [UInt8($0.earlier)]) }) { server in
            let cache = fixture.cache(server)
            let first = try await fetch("\(server.url)/x", cache)
            #expect(try CacheFixture.bytes(first.path) == [0])
            fixture.pass(seconds: 301)
            let second = try await fetch("\(server.url)/x", cache)
            #expect(try CacheFixture.bytes(second.path) == [1])
        }
    }

    @Test func `http and https are two files, a fragment makes no difference, a query does`() throws {
        func key(_ text: String) throws -> String { try FileAddress(text).key(base: "") }
        #expect(try key("http://example.org/x") != key("https://example.org/x"))
        #expect(try key("http://example.org/x#a") == key("http://EXAMPLE.org:80/x#b"))
        #expect(try key("http://example.org/x") != key("http://example.org:8080/x"))
        #expect(try key("http://example.org/x?a=1") != key("http://example.org/x?a=2"))
        #expect(try key("http://example.org/x?a=1&b=2") != key("http://example.org/x?b=2&a=1"))
        #expect(try key("http://example.org/x?sig=1") != key("http://example.org/x?sig=2"))
        #expect(try key("http://example.org/x?a=1&X-Amz-Signature=b") == key("http://example.org/x?a=1"))
    }

    @Test func `many downloads of one file at once do not meet`() async throws {
        let fixture = try CacheFixture()
        let bytes = CacheFixture.pattern(1_000_000)
        try await CacheServer.with({ _ in .answer(200, [("Cache-Control", "max-age=0")], bytes) }) { server in
            let caches = (0..<8).map { _ in fixture.cache(server) }
            try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for cache in caches {
                    group.addTask { try CacheFixture.bytes(try await cache.file("\(server.url)/x").path) }
                }
                for try await found in group { #expect(found == bytes) }
            }
            #expect(server.requests.count <= 2)
        }
    }

    @Test(arguments: [
        ("/..", "download"), ("/.", "download"), ("/", "download"), ("", "download"), ("/a/%2e%2e", "download"),
        ("/%2E%2E%2F%2E%2E%2Fetc%2Fpasswd", "passwd"), ("/a%20b%C3%A4.png", "a bä.png"),
        ("/%2561.txt", "%61.txt"), ("/a%00b", "a_b"), ("/x?y=/../z", "x"), ("/CON", "_CON"),
        ("/a%5Cb", "b"), ("/%FF.bin", "\u{FFFD}.bin"),
    ])
    func `a name is decoded once and stays in its folder`(path: String, name: String) async throws {
        let fixture = try CacheFixture()
        try await CacheServer.with({ _ in .answer(200, [], [1]) }) { server in
            let file = try await fetch("\(server.url)\(path)", fixture.cache(server))
            let local = try file.path
            #expect(local.hasPrefix("\(fixture.folder)/ferry/content/"))
            #expect(local.hasSuffix("/as/\(name)"))
            #expect(file.filename == name)
            #expect(try CacheFixture.bytes(local) == [1])
        }
    }

    @Test func `an over-long name is cut`() async throws {
        let fixture = try CacheFixture()
        try await CacheServer.with({ _ in .answer(200, [], [1]) }) { server in
            let name = String(repeating: "%C3%A4", count: 200)
            let file = try await fetch("\(server.url)/\(name).png", fixture.cache(server))
            #expect(file.filename.utf8.count <= 255)
            #expect(file.exists())
        }
    }

    @Test func `data URIs may have parameters and any bytes, and junk is an error`() async throws {
        let cache = try CacheFixture()
        let file = try await fetch("data:text/plain;charset=utf-8;x=\"y\",a%FFb", cache.cache())
        #expect(try CacheFixture.bytes(file.path) == [0x61, 0xFF, 0x62])
        #expect(file.contentType == "text/plain;charset=utf-8;x=y")
        for junk in ["data:;base64,!!!!", "data:image/png;base64,AAAAA", "data:;base64,A"] {
            let failure = await #expect(throws: AppFailure.self) { try await fetch(junk, cache.cache()) }
            #expect(failure?.code == .invalidInput)
        }
    }

    @Test func `the declared type of a data URI holds on its second use`() async throws {
        let fixture = try CacheFixture()
        let uri = "data:application/x-own;v=1;base64,aGVsbG8="
        let first = try await fetch(uri, fixture.cache())
        let second = try await fetch(uri, fixture.cache())
        #expect(first.contentType == "application/x-own;v=1")
        #expect(second.contentType == first.contentType)
        #expect(try second.path == first.path)
        #expect(try await fixture.cache().file(uri).wasCached)
    }

    @Test func `a half-written file of a data URI is not used`() async throws {
        let fixture = try CacheFixture()
        let file = try await fetch("data:,hello", fixture.cache())
        let path = try file.path
        chmod(path, 0o644)
        truncate(path, 2)
        let again = try await fetch("data:,hello", fixture.cache())
        #expect(try CacheFixture.bytes(again.path) == Array("hello".utf8))
    }

    @Test func `a large data URI is decoded whole`() async throws {
        let fixture = try CacheFixture()
        let bytes = CacheFixture.pattern(1_000_003)
        let uri = "data:application/octet-stream;base64,\(Data(bytes).base64EncodedString())"
        #expect(try await fetch(uri, fixture.cache()).bytes() == bytes)
    }

    @Test func `the type in the answer counts for a name without extension`() async throws {
        let fixture = try CacheFixture()
        try await CacheServer.with({ _ in .answer(200, [("Content-Type", "image/webp")], [1]) }) { server in
            let file = try await fetch("\(server.url)/x", fixture.cache(server))
            #expect(file.contentType == "image/webp")
        }
    }

    @Test func `there is a limit on the size`() async throws {
        let fixture = try CacheFixture()
        try await CacheServer.with({ _ in .answer(200, [], Array(repeating: 1, count: 11)) }) { server in
            let cache = fixture.cache(server) { $0.maximumFileSize = 10 }
            let failure = await #expect(throws: AppFailure.self) { try await fetch("\(server.url)/x", cache) }
            #expect(failure?.code == .fileTooLarge)
            let inline = await #expect(throws: AppFailure.self) { try await fetch("data:,12345678901", cache) }
            #expect(inline?.code == .invalidInput)
        }
    }

    @Test func `an address that is not public is not asked`() async throws {
        let fixture = try CacheFixture()
        try await CacheServer.with({ _ in .answer(200, [], [1]) }) { server in
            let failure = await #expect(throws: AppFailure.self) { try await fetch("\(server.url)/x", fixture.cache()) }
            #expect(failure?.code == .fileRefused)
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `a relative redirect is followed, and the name is that of its target`() async throws {
        let fixture = try CacheFixture()
        let script: CacheServer.Script = { request in
            request.path == "/a/start" ? .answer(302, [("Location", "../b/end.png")]) : .answer(200, [], [1])
        }
        try await CacheServer.with(script) { server in
            let file = try await fetch("\(server.url)/a/start", fixture.cache(server))
            #expect(server.requests.map(\.path) == ["/a/start", "/b/end.png"])
            #expect(file.filename == "end.png")
        }
    }
}
