// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@testable import FerryApp

/// Whatever somebody puts in the place of the cache's folders, nothing of the user's is removed.
@Suite(.timeLimit(.minutes(1))) struct CacheSafetyTests {
    private static let key = String(repeating: "a1", count: 32)
    private static let layout = ["", "/known", "/content", "/locks", "/parts"]

    /// A folder with files that look like the cache's, all of them old.
    private func victim(_ fixture: CacheFixture) throws -> [String] {
        let names = [
            "thesis.txt", "1-dead", Self.key, "\(Self.key)x/data", "known/\(Self.key)", "parts/1-dead",
            "locks/\(Self.key)", "locks/notes.txt",
        ]
        return try names.map { name in
            let path = "\(fixture.folder)/victim/\(name)"
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try Data("x".utf8).write(to: URL(fileURLWithPath: path))
            return path
        }
    }

    private func refusal(_ call: () async throws -> Void) async -> AppFailure.Code? {
        await #expect(throws: AppFailure.self) { try await call() }?.code
    }

    @Test(arguments: layout) func `a link in place of a folder is refused and not followed`(name: String) async throws {
        let fixture = try CacheFixture()
        let files = try victim(fixture)
        let cache = fixture.cache()
        _ = try await cache.file("data:,abc")
        let folder = "\(fixture.folder)/ferry\(name)"
        try FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createSymbolicLink(atPath: folder, withDestinationPath: "\(fixture.folder)/victim")
        fixture.pass(seconds: 3_600)
        #expect(await refusal { _ = try await cache.prune(CachePruning(isAll: true)) } == .fileStorage)
        #expect(await refusal { _ = try await cache.verify() } == .fileStorage)
        #expect(await refusal { _ = try await cache.entries() } == .fileStorage)
        #expect(await refusal { _ = try await cache.file("data:,abc") } == .fileStorage)
        #expect(await refusal { _ = try await cache.file("data:,new") } == .fileStorage)
        for file in files { #expect(FileManager.default.fileExists(atPath: file)) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(fixture.folder)/victim").count == 7)
    }

    @Test(arguments: layout) func `a folder that others may write to is refused`(name: String) async throws {
        let fixture = try CacheFixture()
        let cache = fixture.cache()
        _ = try await cache.file("data:,abc")
        chmod("\(fixture.folder)/ferry\(name)", 0o720)
        let failure = await #expect(throws: AppFailure.self) { try await cache.file("data:,abc") }
        #expect(failure?.code == .fileStorage)
        #expect(failure?.message.contains("the file cache's folder ferry\(name) may be written by others") == true)
        chmod("\(fixture.folder)/ferry\(name)", 0o700)
        #expect(try await cache.file("data:,abc").wasCached)
    }

    @Test(.enabled(if: geteuid() == 0, "giving a folder away needs root"))
    func `a folder of another user is refused`() async throws {
        let fixture = try CacheFixture()
        let cache = fixture.cache()
        _ = try await cache.file("data:,abc")
        chown("\(fixture.folder)/ferry/locks", 1, 1)
        #expect(await refusal { _ = try await cache.prune(CachePruning(isAll: true)) } == .fileStorage)
    }

    @Test func `a file in place of a folder is refused`() async throws {
        let fixture = try CacheFixture()
        try Data().write(to: URL(fileURLWithPath: "\(fixture.folder)/ferry"))
        #expect(await refusal { _ = try await fixture.cache().file("data:,abc") } == .fileStorage)
    }

    @Test func `the folder shared with the official libraries may be a link and anybody's`() async throws {
        let fixture = try CacheFixture()
        let (real, link) = ("\(fixture.folder)/real", "\(fixture.folder)/link")
        try FileManager.default.createDirectory(atPath: real, withIntermediateDirectories: true)
        chmod(real, 0o777)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: real)
        let cache = FileCache(root: link)
        let file = try await cache.file("data:,abc")
        #expect(try CacheFixture.bytes(file.path) == Array("abc".utf8))
        #expect(try await cache.verify().sound == 1)
    }

    @Test func `files that somebody else left in the cache's folders stay`() async throws {
        let fixture = try CacheFixture()
        let cache = fixture.cache()
        _ = try await cache.file("data:,abc")
        let files = ["locks/notes.txt", "parts/draft.txt", "parts/1-2-3", "parts/x-1f"].map {
            "\(fixture.folder)/ferry/\($0)"
        }
        for file in files { try Data("x".utf8).write(to: URL(fileURLWithPath: file)) }
        fixture.pass(seconds: 3_600)
        _ = try await cache.prune(CachePruning(isAll: true))
        for file in files { #expect(FileManager.default.fileExists(atPath: file)) }
    }

    @Test func `no link is followed to files of the official libraries`() async throws {
        let fixture = try CacheFixture()
        let files = try victim(fixture)
        for name in ["0123456789ab", "data_uri"] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(fixture.folder)/\(name)", withDestinationPath: "\(fixture.folder)/victim")
        }
        let inner = "\(fixture.folder)/victim/0123456789abcdef"
        try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
        try Data("x".utf8).write(to: URL(fileURLWithPath: "\(inner)/y"))
        let cache = fixture.cache()
        #expect(try await cache.entries().isEmpty)
        #expect(try await cache.prune(CachePruning(isAll: true, includesOfficial: true)).files == 0)
        #expect(!cache.folder.removeOfficial("0123456789ab/thesis.txt"))
        for file in files + ["\(inner)/y"] { #expect(FileManager.default.fileExists(atPath: file)) }
    }

    @Test func `without a variable that names a folder there is none`() throws {
        #expect(FileCache.environmentRoot { _ in nil } == "")
        #expect(FileCache.environmentRoot { _ in "" } == "")
        #expect(FileCache.environmentRoot { $0 == "HOME" ? "/home/x" : nil } == "/home/x/.cache/inferencesh/files")
        #expect(FileCache.environmentRoot { $0 == "HOME" ? "/home/x" : "/cache" } == "/cache")
        let folder = CacheFolder(root: "")
        for call in [{ try folder.make() }, { _ = try folder.check() }] {
            let failure = #expect(throws: AppFailure.self) { try call() }
            #expect(failure?.code == .fileStorage)
            #expect(failure?.message == "the file cache has no folder; set FILE_CACHE_DIR or HOME")
        }
    }
}
