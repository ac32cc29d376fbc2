// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryWire
import Foundation
import NIOHTTP1
import Testing

@testable import FerryApp

/// When what is there may be used, and by whom.
@Suite(.timeLimit(.minutes(1))) struct CacheFreshnessTests {
    @Test func `a record of a clock that ran ahead is not believed`() async throws {
        let fixture = try CacheFixture()
        let script: CacheServer.Script = { .answer(200, [("Cache-Control", "max-age=60")], [UInt8($0.earlier)]) }
        try await CacheServer.with(script) { server in
            let cache = fixture.cache(server)
            let url = "\(server.url)/x"
            fixture.pass(seconds: 86_400)
            _ = try await cache.file(url)
            fixture.pass(seconds: -86_400)
            let next = try await cache.file(url)
            #expect(!next.wasCached)
            #expect(try CacheFixture.bytes(next.path) == [1])
            #expect(try await cache.file(url).wasCached)
        }
    }

    @Test func `refreshing asks although a record says it is of the future`() async throws {
        let fixture = try CacheFixture()
        try await CacheServer.with({ .answer(200, [], [UInt8($0.earlier)]) }) { server in
            let cache = fixture.cache(server)
            fixture.pass(seconds: 86_400)
            _ = try await cache.file("\(server.url)/x")
            fixture.pass(seconds: -86_400)
            let next = try await cache.file("\(server.url)/x", revalidating: true)
            #expect(try CacheFixture.bytes(next.path) == [1])
        }
    }

    @Test(arguments: [
        (["max-age=600", "no-store"], 1, 2), (["public", "max-age=10"], 11, 2), (["max-age=600", "max-age=10"], 11, 2),
        (["public", "max-age=600"], 301, 1), (["public"], 299, 1), (["public"], 301, 2),
    ])
    func `all lines of Cache-Control count`(lines: [String], seconds: Int, requests: Int) async throws {
        let fixture = try CacheFixture()
        let headers = lines.map { ("Cache-Control", $0) }
        try await CacheServer.with({ _ in .answer(200, headers, [1]) }) { server in
            let cache = fixture.cache(server)
            _ = try await cache.file("\(server.url)/x")
            fixture.pass(seconds: Int64(seconds))
            _ = try await cache.file("\(server.url)/x")
            #expect(server.requests.count == requests)
        }
    }

    @Test func `a stored file is another's only if the server gives it to that one too`() async throws {
        let fixture = try CacheFixture()
        let id = "0123456789abcdefghjkmnpqrs"
        let time = Timestamp(seconds: 0)
        let script: CacheServer.Script = { request in
            if request.path == "/bytes" { return .answer(200, [], Array("private".utf8)) }
            guard request.headers.first(name: "Authorization")?.hasSuffix("key-a") == true else {
                return .answer(403, [("Content-Type", "application/json")], Array("{}".utf8))
            }
            let host = request.headers.first(name: "Host") ?? ""
            let file = FileDTO(
                id: id, createdAt: time, updatedAt: time, uri: "inf://files/\(id)/a.txt", url: "http://\(host)/bytes",
                contentType: "text/plain", size: 7, filename: "a.txt")
            return .answer(200, [("Content-Type", "application/json")], file.json.serialized())
        }
        try await CacheServer.with(script) { server in
            func cache(_ key: APIKey?) -> FileCache {
                FileCache(
                    root: fixture.folder, limits: FileCacheLimits(),
                    fetcher: GuardedFileFetching(origins: [], maximumSize: 1_000),
                    ferry: { FerryConfiguration(apiKey: key, baseURL: server.url) })
            }
            let uri = "inf://files/\(id)/a.txt"
            let file = try await cache("key-a").file(uri)
            #expect(try CacheFixture.bytes(file.path) == Array("private".utf8))
            #expect(try await cache("key-a").file(uri).wasCached)
            for other in ["key-b", nil] as [APIKey?] {
                let failure = await #expect(throws: AppFailure.self) { try await cache(other).file(uri) }
                #expect(failure?.code == .fileRefused)
            }
            #expect(try await cache("key-a").file(uri).wasCached)
        }
    }
}
