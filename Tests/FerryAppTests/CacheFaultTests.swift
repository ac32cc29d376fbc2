// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@testable import FerryApp

/// Nothing that goes wrong leaves a wrong file.
@Suite(.timeLimit(.minutes(1))) struct CacheFaultTests {
    @Test func `a body that is cut each time is an error and leaves nothing`() async throws {
        let fixture = try CacheFixture()
        try await CacheServer.with({ _ in .cut(declared: 100, [], Array(repeating: 1, count: 50)) }) { server in
            let failure = await #expect(throws: AppFailure.self) {
                try await fixture.cache(server).file("\(server.url)/x")
            }
            #expect(failure.map { [.fileIncomplete, .fileUnreachable].contains($0.code) } == true)
            #expect(server.requests.count == 3)
            #expect(fixture.files().isEmpty)
        }
    }

    @Test func `a wrong digest is an error and leaves nothing`() async throws {
        let fixture = try CacheFixture()
        let digest = CacheFixture.reprDigest([1, 2, 3])
        try await CacheServer.with({ _ in .answer(200, [digest], [1, 2, 4]) }) { server in
            let failure = await #expect(throws: AppFailure.self) {
                try await fixture.cache(server).file("\(server.url)/x")
            }
            #expect(failure?.code == .fileDamaged)
            #expect(fixture.files().isEmpty)
        }
    }

    @Test func `bytes that were damaged once are fetched again`() async throws {
        let fixture = try CacheFixture()
        let digest = CacheFixture.reprDigest([1, 2, 3])
        let script: CacheServer.Script = { .answer(200, [digest], $0.earlier == 0 ? [1, 2, 4] : [1, 2, 3]) }
        try await CacheServer.with(script) { server in
            let file = try await fixture.cache(server).file("\(server.url)/x")
            #expect(try CacheFixture.bytes(file.path) == [1, 2, 3])
        }
    }

    @Test func `a file over the limit is refused by its length and by its bytes`() async throws {
        let fixture = try CacheFixture()
        let script: CacheServer.Script = { request in
            request.path == "/said"
                ? .cut(declared: 1_000_000, [], [1], isOpen: true) : .answer(200, [], Array(repeating: 1, count: 2_000))
        }
        try await CacheServer.with(script) { server in
            let cache = fixture.cache(server) { $0.maximumFileSize = 1_000 }
            for path in ["said", "sent"] {
                let failure = await #expect(throws: AppFailure.self) { try await cache.file("\(server.url)/\(path)") }
                #expect(failure?.code == .fileTooLarge)
            }
            #expect(fixture.files().isEmpty)
            #expect(server.requests.count == 2)
        }
    }

    @Test(arguments: [
        (404, "file_not_found", 1), (410, "file_not_found", 1), (403, "file_refused", 1), (400, "file_refused", 1),
        (304, "file_refused", 1), (500, "file_unreachable", 3), (429, "file_unreachable", 3),
    ])
    func `a refusal is an error of its kind, repeated only where that helps`(
        status: Int, code: String, requests: Int
    ) async throws {
        let fixture = try CacheFixture()
        try await CacheServer.with({ _ in .answer(status, [], Array("no".utf8)) }) { server in
            let failure = await #expect(throws: AppFailure.self) {
                try await fixture.cache(server).file("\(server.url)/secret-name?sig=secret")
            }
            #expect(failure?.code.rawValue == code)
            #expect(server.requests.count == requests)
            #expect(failure?.message.contains("secret") == false)
            #expect(fixture.files().isEmpty)
        }
    }

    @Test func `a failed update leaves what was there`() async throws {
        let fixture = try CacheFixture()
        let script: CacheServer.Script = { request in
            request.earlier == 0
                ? .answer(200, [("ETag", "\"1\"")], [1, 2]) : .cut(declared: 9, [("ETag", "\"2\"")], [3])
        }
        try await CacheServer.with(script) { server in
            let cache = fixture.cache(server)
            let file = try await cache.file("\(server.url)/x")
            await #expect(throws: AppFailure.self) { try await cache.file("\(server.url)/x", revalidating: true) }
            #expect(try CacheFixture.bytes(file.path) == [1, 2])
            let again = try await cache.file("\(server.url)/x")
            #expect(again.wasCached)
        }
    }

    @Test func `somebody who writes into a kept file is noticed`() async throws {
        let fixture = try CacheFixture()
        try await CacheServer.with({ _ in .answer(200, [], [1, 2, 3]) }) { server in
            let cache = fixture.cache(server)
            let path = try await cache.file("\(server.url)/x.bin").path
            chmod(path, 0o644)
            let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try handle.write(contentsOf: Data([9, 9, 9]))
            try handle.close()
            let again = try await cache.file("\(server.url)/x.bin")
            #expect(!again.wasCached)
            #expect(try CacheFixture.bytes(again.path) == [1, 2, 3])
            #expect(server.requests.count == 2)
        }
    }

    @Test(arguments: ["", "{}", "not json", "{\"version\":1,\"sha256\":\"../../x\",\"size\":3}"])
    func `a record that is no record is not believed`(text: String) async throws {
        let fixture = try CacheFixture()
        try await CacheServer.with({ _ in .answer(200, [], [1, 2, 3]) }) { server in
            let cache = fixture.cache(server)
            _ = try await cache.file("\(server.url)/x.bin")
            let record = try #require(fixture.files().first { $0.hasPrefix("known/") })
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(fixture.folder)/ferry/\(record)"))
            let again = try await cache.file("\(server.url)/x.bin")
            #expect(try CacheFixture.bytes(again.path) == [1, 2, 3])
            #expect(server.requests.count == 2)
        }
    }

    @Test func `cancelling ends a download that hangs and leaves nothing`() async throws {
        let fixture = try CacheFixture()
        try await CacheServer.with({ _ in .cut(declared: 100, [], [1], isOpen: true) }) { server in
            let cache = fixture.cache(server)
            let work = Task { try await cache.file("\(server.url)/x") }
            while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
            try await Task.sleep(for: .milliseconds(50))
            work.cancel()
            let result = await work.result
            #expect(throws: (any Error).self) { try result.get() }
            #expect(fixture.files().isEmpty)
        }
    }
}
