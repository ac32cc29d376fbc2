// SPDX-License-Identifier: Apache-2.0

public import FerryServerCore
internal import FerryWire
internal import NIOCore

/// What every `BlobStore` must do. Its driver's tests call ``run()``.
public struct BlobStoreConformance: Sendable {
    private let make: @Sendable () async throws -> any BlobStore

    /// The suite for stores made by `make`: each call gives an empty one of its own.
    public init(make: @escaping @Sendable () async throws -> any BlobStore) { self.make = make }

    /// The names of the checks.
    public static var checks: [String] { suite.names }

    /// Runs every check, each on a fresh store.
    ///
    /// - Throws: ``ConformanceFailure`` of the first check that fails.
    public func run() async throws { try await Self.suite.run(on: make) }

    static let suite = Checks<any BlobStore>(
        "BlobStore",
        [
            ("bytes come back as they went in, whatever their size and chunks", bytesComeBack),
            ("no bytes at all are a blob too", emptyBlob),
            ("the digest is told before anything is visible", digestFirst),
            ("an aborted upload leaves nothing", abortLeavesNothing),
            ("abort is harmless after a commit and twice", abortIsHarmless),
            ("a writer that was let go leaves nothing", forgottenWriter),
            ("finish and commit give the same answer again", idempotentEnds),
            ("a writer takes nothing after its end", nothingAfterTheEnd),
            ("a commit without finish is refused", commitNeedsFinish),
            ("what is not there is not found, whatever the key looks like", missingKeys),
            ("a removed blob is gone, and removing it again is harmless", removal),
            ("a blob of another team stays when equal bytes of one team are removed", teamsAreApart),
            ("reads give at most what was asked, and nothing only at the end", reads),
            ("reads at once do not disturb each other", readsAtOnce),
            ("a reader closed is closed, and closing twice is harmless", closing),
            ("a reader goes on after the blob was removed", readerOutlivesRemoval),
            ("keys come in batches, each once", keysInBatches),
            ("abandoned uploads are counted and removed, committed ones stay", abandoned),
            ("many writers at once all come through", writersAtOnce),
            ("a cancelled caller is told so and nothing is stored", cancelled),
        ])
}

// MARK: - Writing

extension BlobStoreConformance {
    static func store(
        _ bytes: [UInt8], in store: any BlobStore, team: String, chunk: Int = 65_536
    ) async throws -> BlobReference {
        let writer = try await store.begin(team: team, expectedSize: Int64(bytes.count))
        var rest = bytes[...]
        while !rest.isEmpty {
            try await writer.write(ByteBuffer(bytes: rest.prefix(chunk)))
            rest = rest.dropFirst(chunk)
        }
        _ = try await writer.finish()
        return try await writer.commit()
    }

    static func contents(_ key: String, of store: any BlobStore, step: Int = 100_000) async throws -> [UInt8]? {
        guard let reader = try await store.open(key) else { return nil }
        var bytes: [UInt8] = []
        while true {
            let next = try await reader.read(at: Int64(bytes.count), maximumLength: step)
            guard next.readableBytes > 0 else { break }
            bytes.append(contentsOf: next.readableBytesView)
        }
        await reader.close()
        return bytes
    }

    private static let bytesComeBack: Checks<any BlobStore>.Body = { store, check in
        var random = SeededGenerator(seed: 1)
        let team = Identifier.random()
        let sizes = [1, 2, 65_535, 65_536, 65_537, 1 << 20, (1 << 20) + 1, 3 * (1 << 20) + 17]
        for (size, chunk) in zip(sizes, [1, 1, 1000, 65_536, 7, 1 << 20, 65_536, 250_000]) {
            let bytes = random.bytes(size)
            let reference = try await Self.store(bytes, in: store, team: team, chunk: chunk)
            try check.equal(reference.digest.size, Int64(size), "size of \(size) bytes")
            try check.equal(reference.digest.sha256, sha256(bytes), "digest of \(size) bytes")
            let back = try check.some(try await contents(reference.key, of: store), "the blob of \(size) bytes")
            try check.require(back == bytes, "\(size) bytes in chunks of \(chunk) came back changed")
        }
    }

    private static let emptyBlob: Checks<any BlobStore>.Body = { store, check in
        for expected in [0, nil] as [Int64?] {
            let writer = try await store.begin(team: Identifier.random(), expectedSize: expected)
            let digest = try await writer.finish()
            try check.equal(digest.size, 0, "size")
            try check.equal(digest.sha256, sha256([]), "digest")
            let reference = try await writer.commit()
            try check.equal(try await contents(reference.key, of: store), [], "bytes")
        }
    }

    private static let digestFirst: Checks<any BlobStore>.Body = { store, check in
        let writer = try await store.begin(team: Identifier.random(), expectedSize: nil)
        try await writer.write(ByteBuffer(string: "abc"))
        let digest = try await writer.finish()
        try check.equal(digest, BlobDigest(size: 3, sha256: sha256(Array("abc".utf8))), "digest")
        try check.equal(try await store.keys(after: nil, limit: 10), [], "keys before the commit")
        let reference = try await writer.commit()
        try check.equal(reference.digest, digest, "digest after the commit")
        try check.equal(try await store.keys(after: nil, limit: 10), [reference.key], "keys after the commit")
    }

    private static let abortLeavesNothing: Checks<any BlobStore>.Body = { store, check in
        for finishes in [false, true] {
            let writer = try await store.begin(team: Identifier.random(), expectedSize: 2_000_000)
            try await writer.write(ByteBuffer(repeating: 7, count: 2_000_000))
            if finishes { _ = try await writer.finish() }
            await writer.abort()
            await check.ignoringErrors { _ = try await writer.commit() }
        }
        try check.equal(try await store.keys(after: nil, limit: 10), [], "keys")
        try check.equal(try await store.removeAbandoned(), 0, "abandoned uploads")
    }

    private static let abortIsHarmless: Checks<any BlobStore>.Body = { store, check in
        let writer = try await store.begin(team: Identifier.random(), expectedSize: nil)
        try await writer.write(ByteBuffer(string: "kept"))
        _ = try await writer.finish()
        let reference = try await writer.commit()
        await writer.abort()
        await writer.abort()
        try check.equal(try await contents(reference.key, of: store), Array("kept".utf8), "bytes")
    }

    private static let forgottenWriter: Checks<any BlobStore>.Body = { store, check in
        do {
            let writer = try await store.begin(team: Identifier.random(), expectedSize: nil)
            try await writer.write(ByteBuffer(repeating: 1, count: 3_000_000))
        }
        try check.equal(try await store.keys(after: nil, limit: 10), [], "keys")
        _ = try await store.removeAbandoned()
        try check.equal(try await store.removeAbandoned(), 0, "abandoned uploads after a clean-up")
    }

    private static let idempotentEnds: Checks<any BlobStore>.Body = { store, check in
        let writer = try await store.begin(team: Identifier.random(), expectedSize: nil)
        try await writer.write(ByteBuffer(string: "once"))
        let digest = try await writer.finish()
        try check.equal(try await writer.finish(), digest, "second finish")
        let reference = try await writer.commit()
        try check.equal(try await writer.commit(), reference, "second commit")
        try check.equal(try await store.keys(after: nil, limit: 10).count, 1, "number of blobs")
    }

    private static let nothingAfterTheEnd: Checks<any BlobStore>.Body = { store, check in
        let finished = try await store.begin(team: Identifier.random(), expectedSize: nil)
        let digest = try await finished.finish()
        // A store that gathers bytes may notice only when they are due.
        await check.ignoringErrors { try await finished.write(ByteBuffer(repeating: 0, count: 5_000_000)) }
        await check.ignoringErrors {
            try check.equal(try await finished.finish(), digest, "digest after a late write")
        }
        let aborted = try await store.begin(team: Identifier.random(), expectedSize: nil)
        await aborted.abort()
        try await check.refuses("bytes after the abort") {
            try await aborted.write(ByteBuffer(repeating: 0, count: 5_000_000))
        }
        try await check.refuses("a commit after the abort") { try await aborted.commit() }
    }

    private static let commitNeedsFinish: Checks<any BlobStore>.Body = { store, check in
        let writer = try await store.begin(team: Identifier.random(), expectedSize: nil)
        try await writer.write(ByteBuffer(string: "abc"))
        try await check.refuses("a commit without finish") { try await writer.commit() }
        await writer.abort()
        try check.equal(try await store.keys(after: nil, limit: 10), [], "keys")
    }

    private static let writersAtOnce: Checks<any BlobStore>.Body = { store, check in
        let team = Identifier.random()
        let sizes = [0, 1, 1000, 65_536, 1 << 20, 2 << 20, (1 << 20) - 1, 300_000]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<16 {
                group.addTask {
                    var random = SeededGenerator(seed: UInt64(number))
                    let bytes = random.bytes(sizes[number % sizes.count])
                    let reference = try await Self.store(bytes, in: store, team: team, chunk: 50_000 + number)
                    try check.require(
                        try await contents(reference.key, of: store) == bytes, "writer \(number): bytes differ")
                }
            }
            try await group.waitForAll()
        }
        try check.equal(try await store.removeAbandoned(), 0, "abandoned uploads")
    }

    private static let cancelled: Checks<any BlobStore>.Body = { store, check in
        try await check.refusesWhenCancelled("begin") {
            _ = try await store.begin(team: Identifier.random(), expectedSize: nil)
        }
        let writer = try await store.begin(team: Identifier.random(), expectedSize: nil)
        try await check.refusesWhenCancelled("write") { try await writer.write(ByteBuffer(string: "late")) }
        let digest = try await writer.finish()
        try check.equal(digest.size, 0, "size")
        try await check.refusesWhenCancelled("commit") { _ = try await writer.commit() }
        await writer.abort()
        try check.equal(try await store.keys(after: nil, limit: 10), [], "keys")
    }
}
