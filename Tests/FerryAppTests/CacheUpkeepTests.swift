// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@testable import FerryApp

@Suite(.timeLimit(.minutes(1))) struct CacheUpkeepTests {
    /// A server whose every path has bytes of its own.
    private func withServer(_ body: (CacheServer) async throws -> Void) async throws {
        try await CacheServer.with(
            { request in
                .answer(
                    200, [], CacheFixture.pattern(100_000, seed: UInt64(request.path.utf8.reduce(0) { $0 + UInt($1) })))
            }, body)
    }

    @Test func `the files unused for longest make room`() async throws {
        let fixture = try CacheFixture()
        try await withServer { server in
            let cache = fixture.cache(server) {
                $0.maximumCacheSize = 350_000
                $0.grace = 0
            }
            for name in ["a", "b", "c"] {
                _ = try await cache.file("\(server.url)/\(name)")
                try await Task.sleep(for: .milliseconds(15))
            }
            // Used again, so that b is the oldest.
            _ = try await cache.file("\(server.url)/a")
            try await Task.sleep(for: .milliseconds(15))
            _ = try await cache.file("\(server.url)/d")
            let count = server.requests.count
            _ = try await cache.file("\(server.url)/a")
            _ = try await cache.file("\(server.url)/c")
            #expect(server.requests.count == count)
            _ = try await cache.file("\(server.url)/b")
            #expect(server.requests.count == count + 1)
        }
    }

    @Test func `a file that somebody holds is not evicted`() async throws {
        let fixture = try CacheFixture()
        try await withServer { server in
            let cache = fixture.cache(server)
            let held = try await cache.file("\(server.url)/held")
            let path = try await cache.file("\(server.url)/dropped").path
            var files = 0
            let isOneInUse = try await soon {
                let report = try await cache.prune(CachePruning(isAll: true))
                files += report.files
                return report.inUse == 1
            }
            #expect(isOneInUse && files == 1)
            #expect(FileManager.default.fileExists(atPath: held.path))
            #expect(!FileManager.default.fileExists(atPath: path))
            withExtendedLifetime(held) {}
        }
    }

    @Test func `what was used a moment ago stays although there is too much`() async throws {
        let fixture = try CacheFixture()
        try await withServer { server in
            let cache = fixture.cache(server) { $0.maximumCacheSize = 1 }
            let path = try await cache.file("\(server.url)/x").path
            _ = try await cache.file("\(server.url)/y")
            #expect(FileManager.default.fileExists(atPath: path))
            fixture.pass(seconds: 121)
            _ = try await cache.file("\(server.url)/z")
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func `pruning by age and all of it leaves an empty folder`() async throws {
        let fixture = try CacheFixture()
        try await withServer { server in
            let cache = fixture.cache(server)
            _ = try await cache.file("\(server.url)/x")
            #expect(try await cache.prune(CachePruning(unusedFor: 60)).files == 0)
            fixture.pass(seconds: 62)
            _ = try await cache.file("\(server.url)/y")
            // Its time of use is the system's, which has not passed.
            let report = try await cache.prune(CachePruning(unusedFor: 61))
            #expect(report.files == 2)
            #expect(report.bytes >= 200_000)
            #expect(fixture.files().isEmpty)
        }
    }

    @Test func `files of the official library are listed, and removed only if that is asked for`() async throws {
        let fixture = try CacheFixture()
        let official = ["0123456789ab/photo.png", "data_uri/0123456789abcdef/file.txt"]
        for name in official + ["0123456789ab.txt", "other/keep.txt"] {
            let path = URL(fileURLWithPath: "\(fixture.folder)/\(name)")
            try FileManager.default.createDirectory(
                at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data("x".utf8).write(to: path)
        }
        let cache = fixture.cache()
        _ = try await cache.file("data:text/plain,abc")
        let entries = try await cache.entries()
        #expect(entries.filter(\.isOfficial).map(\.filename).sorted() == ["file.txt", "photo.png"])
        #expect(entries.filter { !$0.isOfficial }.map(\.contentType) == ["text/plain"])
        _ = try await cache.prune(CachePruning(isAll: true))
        #expect(official.allSatisfy { FileManager.default.fileExists(atPath: "\(fixture.folder)/\($0)") })
        _ = try await cache.prune(CachePruning(isAll: true, includesOfficial: true))
        #expect(!official.contains { FileManager.default.fileExists(atPath: "\(fixture.folder)/\($0)") })
        #expect(FileManager.default.fileExists(atPath: "\(fixture.folder)/other/keep.txt"))
    }

    @Test func `verifying names the bytes that differ and removes them`() async throws {
        let fixture = try CacheFixture()
        let cache = fixture.cache()
        let good = try await cache.file("data:,good")
        let sha256 = try await cache.file("data:,bad").sha256
        let data = "\(fixture.folder)/ferry/content/\(sha256)/data"
        let facts = try #require(FileFacts(path: data))
        chmod(data, 0o644)
        try Data("BAD".utf8).write(to: URL(fileURLWithPath: data))
        // Even one who sets the time back is found.
        var times = [
            timespec(tv_sec: Int(facts.modified / 1_000_000_000), tv_nsec: Int(facts.modified % 1_000_000_000))
        ]
        times.append(times[0])
        utimensat(AT_FDCWD, data, &times, 0)
        let check = try await cache.verify()
        #expect(check.sound == 1)
        #expect(check.damaged == [sha256])
        #expect(!FileManager.default.fileExists(atPath: data))
        #expect(FileManager.default.fileExists(atPath: good.path))
    }

    @Test func `a copy is the reader's own, or another name of the same file`() async throws {
        let fixture = try CacheFixture()
        let file = try await fixture.cache().file("data:,abc")
        let (own, linked) = ("\(fixture.folder)/own", "\(fixture.folder)/linked")
        try await file.copy(to: own, isLinkable: false)
        try await file.copy(to: linked)
        #expect(try CacheFixture.bytes(own) == Array("abc".utf8))
        #expect(try CacheFixture.bytes(linked) == Array("abc".utf8))
        try Data("xyz".utf8).write(to: URL(fileURLWithPath: own))
        #expect(try CacheFixture.bytes(file.path) == Array("abc".utf8))
        let failure = await #expect(throws: AppFailure.self) { try await file.copy(to: own) }
        #expect(failure?.code == .fileRefused)
        #expect(try CacheFixture.bytes(own) == Array("xyz".utf8))
    }

    @Test func `what a dead process left behind is swept away, what a live one works on is not`() async throws {
        let fixture = try CacheFixture()
        let cache = fixture.cache()
        _ = try await cache.file("data:,abc")
        let dead = "\(fixture.folder)/ferry/parts/1-dead"
        try Data("x".utf8).write(to: URL(fileURLWithPath: dead))
        let live = try PartFile(in: cache.folder)
        fixture.pass(seconds: 62)
        _ = try await cache.prune(CachePruning())
        #expect(!FileManager.default.fileExists(atPath: dead))
        #expect(FileManager.default.fileExists(atPath: live.path))
        withExtendedLifetime(live) {}
    }
}
