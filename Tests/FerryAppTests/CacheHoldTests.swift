// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@testable import FerryApp

/// What a process holds, and what it takes while others hold it.
@Suite(.timeLimit(.minutes(1))) struct CacheHoldTests {
    /// Has so many descriptors of this process lead to a file, once threads have let go of what they worked on.
    private func expectDescriptors(
        _ count: Int, of path: String, location: SourceLocation = #_sourceLocation
    ) async throws {
        let wanted = try #require(FileFacts(path: path))
        var found: Int { (0..<4_096).filter { FileFacts(of: CInt($0))?.isSame(as: wanted) == true }.count }
        let deadline = ContinuousClock.now + .seconds(10)
        while found != count, .now < deadline { try await Task.sleep(for: .milliseconds(10)) }
        #expect(found == count, sourceLocation: location)
    }

    @Test func `a file takes one descriptor, however often it is held`() async throws {
        let fixture = try CacheFixture()
        let path: String
        do {
            var held: [CachedFile] = []
            for index in 0..<40 {
                held.append(try await fixture.cache().file(index < 20 ? "data:,abc" : "data:;x=1,abc"))
            }
            path = "\(fixture.folder)/ferry/content/\(held[0].sha256)/data"
            try await expectDescriptors(1, of: path)
            held.removeFirst(39)
            try await expectDescriptors(1, of: path)
            #expect(try await fixture.cache().prune(CachePruning(isAll: true)).inUse == 1)
            withExtendedLifetime(held) {}
        }
        try await expectDescriptors(0, of: path)
        #expect(try await fixture.cache().prune(CachePruning(isAll: true)).files == 1)
    }

    @Test func `a file that came back is held anew`() async throws {
        let fixture = try CacheFixture()
        let cache = fixture.cache()
        let first = try await cache.file("data:,abc")
        let data = "\(fixture.folder)/ferry/content/\(first.sha256)/data"
        chmod(data, 0o644)
        try Data("ABC".utf8).write(to: URL(fileURLWithPath: data))
        let second = try await cache.file("data:,abc")
        #expect(!second.wasCached)
        try await expectDescriptors(1, of: data)
        #expect(try CacheFixture.bytes(second.path) == Array("abc".utf8))
        withExtendedLifetime((first, second)) {}
    }

    @Test func `a process that may open no more files says so`() async {
        await #expect(processExitsWith: .success) {
            let fixture = try CacheFixture()
            let cache = fixture.cache()
            let sha256 = try await cache.file("data:,abc").sha256
            var limit = try #require(DescriptorLimit.read())
            limit.rlim_cur = 0
            try #require(DescriptorLimit.write(limit))
            do {
                _ = try cache.folder.lease(sha256, size: nil)
                exit(1)
            } catch let failure as AppFailure {
                exit(failure.code == .fileStorage && failure.message.contains("ulimit -n") ? 0 : 2)
            }
        }
    }

    @Test func `the limit of open files is raised to what the process may have`() async {
        await #expect(processExitsWith: .success) {
            var limit = try #require(DescriptorLimit.read())
            limit.rlim_cur = min(limit.rlim_cur, 200)
            try #require(DescriptorLimit.write(limit))
            DescriptorLimit.raise()
            let raised = try #require(DescriptorLimit.read())
            exit(raised.rlim_cur > 200 && raised.rlim_cur <= 65_536 && raised.rlim_max == limit.rlim_max ? 0 : 1)
        }
    }

    @Test func `verifying waits for who stores or evicts a file`() async throws {
        let fixture = try CacheFixture()
        let cache = fixture.cache()
        let sha256 = try await cache.file("data:,abc").sha256
        let lock = try #require(try CacheLock.take(cache.folder.lock(sha256)))
        let descriptor = open(cache.folder.data(sha256), O_RDONLY | O_CLOEXEC)
        let bytes = CacheLock(owning: descriptor)
        #expect(try await soon { flock(descriptor, LOCK_EX | LOCK_NB) == 0 })
        let check = Task { try await cache.verify() }
        // One that did not wait would be done long before.
        try await Task.sleep(for: .milliseconds(100))
        bytes.release()
        lock.release()
        let found = try await check.value
        #expect(found.sound == 1)
        #expect(found.damaged.isEmpty)
    }

    @Test func `room on the disk is made only where that is enough`() async throws {
        let fixture = try CacheFixture()
        let cache = fixture.cache { $0.grace = 0 }
        let path = try await cache.file("data:,abc").path
        #expect(cache.makeSpace(1))
        #expect(!cache.makeSpace(.max))
        #expect(FileManager.default.fileExists(atPath: path))
        #expect(try await soon { cache.evictable() > 0 })
        #expect(cache.evict(1))
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(!cache.evict(1))
    }
}
