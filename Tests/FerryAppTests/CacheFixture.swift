// SPDX-License-Identifier: Apache-2.0

import Crypto
import FerryWire
import Foundation
import Synchronization

@testable import FerryApp

/// A folder that lasts as long as its owner, for a cache.
final class CacheFixture: Sendable {
    let folder: String
    private let offset = Mutex<Int64>(0)

    init() throws {
        folder = FileManager.default.temporaryDirectory.path + "/ferry-cache-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Lets time pass for the caches made here.
    func pass(seconds: Int64) { offset.withLock { $0 += seconds * 1_000_000 } }

    /// A cache that may ask the server.
    func cache(
        _ server: CacheServer? = nil, _ change: (inout FileCacheLimits) -> Void = { _ in }
    ) -> FileCache {
        var limits = FileCacheLimits()
        limits.backoff = .milliseconds(5)
        change(&limits)
        return FileCache(
            root: folder, limits: limits,
            fetcher: GuardedFileFetching(
                origins: server.map { [$0.url] } ?? [], maximumSize: limits.maximumFileSize),
            now: { [self] in Int64(Date().timeIntervalSince1970 * 1e6) + offset.withLock { $0 } })
    }

    /// Every file below the cache's own folder, by path from there; locks left out.
    func files() -> [String] {
        let home = folder + "/ferry"
        let all = FileManager.default.enumerator(atPath: home)?.compactMap { $0 as? String } ?? []
        return all.filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(home)/\(name)", isDirectory: &isFolder)
                && !isFolder.boolValue && !name.hasPrefix("locks/")
        }.sorted()
    }

    static func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

    static func pattern(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        return (0..<count).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state)
        }
    }

    static func reprDigest(_ bytes: [UInt8]) -> (String, String) {
        ("Repr-Digest", "sha-256=:\(Data(SHA256.hash(data: bytes)).base64EncodedString()):")
    }

    static func hexDigest(_ bytes: [UInt8]) -> String { SHA256.hash(data: bytes).hexadecimal }
}

/// Whether something holds within ten seconds. A file that nobody names any more may still be held for a moment, by the
/// thread that fetched it.
func soon(_ holds: () async throws -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + .seconds(10)
    while try await !holds() {
        guard .now < deadline else { return false }
        try await Task.sleep(for: .milliseconds(5))
    }
    return true
}
