// SPDX-License-Identifier: Apache-2.0

internal import Crypto
internal import FerryServerCore
internal import FerryWire
internal import NIOCore

extension BlobStoreConformance {
    static func sha256(_ bytes: [UInt8]) -> String { SHA256.hash(data: bytes).hexadecimal }

    static let missingKeys: Checks<any BlobStore>.Body = { store, check in
        let team = Identifier.random()
        _ = try await Self.store([1, 2, 3], in: store, team: team)
        let digest = String(repeating: "0", count: 64)
        let keys = [
            "", "x", "/", "..", "../..", "/etc/passwd", "../../etc/passwd", team, "\(team)/", "\(team)/..",
            "\(team)/\(digest)", "\(team)/../\(digest)", "\(team)//\(digest)", "/\(team)/\(digest)", "tmp/\(digest)",
            "\(team)/\(digest)/", "\(team)/\(digest)\0", "\(team.uppercased())/\(digest)", "a\0b",
            String(repeating: "a", count: 100_000),
        ]
        for key in keys {
            try check.none(try await store.open(key), "a blob of the key \(key.prefix(40).debugDescription)")
            try await store.remove(key)
        }
        try check.equal(try await store.keys(after: nil, limit: 10).count, 1, "number of blobs")
    }

    static let removal: Checks<any BlobStore>.Body = { store, check in
        let reference = try await Self.store([9, 9, 9], in: store, team: Identifier.random())
        try await store.remove(reference.key)
        try check.none(try await store.open(reference.key), "the removed blob")
        try await store.remove(reference.key)
        try check.equal(try await store.keys(after: nil, limit: 10), [], "keys")
        let again = try await Self.store([9, 9, 9], in: store, team: Identifier.random())
        try check.equal(try await contents(again.key, of: store), [9, 9, 9], "equal bytes stored anew")
    }

    static let teamsAreApart: Checks<any BlobStore>.Body = { store, check in
        let bytes = Array("shared bytes".utf8)
        let mine = try await Self.store(bytes, in: store, team: Identifier.random())
        let theirs = try await Self.store(bytes, in: store, team: Identifier.random())
        try check.require(mine.key != theirs.key, "two teams share the key \(mine.key)")
        try await store.remove(mine.key)
        try check.equal(try await contents(theirs.key, of: store), bytes, "the other team's bytes")
    }

    static let reads: Checks<any BlobStore>.Body = { store, check in
        var random = SeededGenerator(seed: 2)
        let bytes = random.bytes(200_001)
        let reference = try await Self.store(bytes, in: store, team: Identifier.random())
        let reader = try check.some(try await store.open(reference.key), "the blob")
        try check.equal(reader.size, 200_001, "size")
        for _ in 0..<100 {
            let offset = Int.random(in: 0..<bytes.count, using: &random)
            let length = Int.random(in: 1...300_000, using: &random)
            let read = Array(try await reader.read(at: Int64(offset), maximumLength: length).readableBytesView)
            try check.require(!read.isEmpty && read.count <= length, "\(read.count) bytes for \(length) at \(offset)")
            try check.require(
                read.elementsEqual(bytes[offset...].prefix(read.count)), "other bytes at \(offset)")
        }
        for offset in [200_001, 200_002, Int64.max] {
            let read = try await reader.read(at: offset, maximumLength: 10)
            try check.equal(read.readableBytes, 0, "bytes at \(offset)")
        }
        await reader.close()
    }

    static let readsAtOnce: Checks<any BlobStore>.Body = { store, check in
        var random = SeededGenerator(seed: 3)
        let bytes = random.bytes(1 << 20)
        let reference = try await Self.store(bytes, in: store, team: Identifier.random())
        let reader = try check.some(try await store.open(reference.key), "the blob")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<16 {
                group.addTask {
                    let offset = number * 65_536
                    let read = try await reader.read(at: Int64(offset), maximumLength: 1000)
                    try check.require(
                        read.readableBytesView.elementsEqual(bytes[offset..<(offset + read.readableBytes)]),
                        "other bytes at \(offset)")
                }
            }
            try await group.waitForAll()
        }
        await reader.close()
    }

    static let closing: Checks<any BlobStore>.Body = { store, check in
        let reference = try await Self.store([1, 2, 3], in: store, team: Identifier.random())
        let reader = try check.some(try await store.open(reference.key), "the blob")
        let other = try check.some(try await store.open(reference.key), "the blob")
        await reader.close()
        await reader.close()
        try await check.refuses("a read after the close") { try await reader.read(at: 0, maximumLength: 1) }
        let read = try await other.read(at: 0, maximumLength: 3)
        try check.equal(Array(read.readableBytesView), [1, 2, 3], "bytes of another reader")
        await other.close()
    }

    static let readerOutlivesRemoval: Checks<any BlobStore>.Body = { store, check in
        let reference = try await Self.store([1, 2, 3], in: store, team: Identifier.random())
        let reader = try check.some(try await store.open(reference.key), "the blob")
        try await store.remove(reference.key)
        // Bytes or an error, never others.
        if let read = try? await reader.read(at: 0, maximumLength: 3) {
            try check.equal(Array(read.readableBytesView), [1, 2, 3], "bytes")
        }
        await reader.close()
    }

    static let keysInBatches: Checks<any BlobStore>.Body = { store, check in
        var expected = Set<String>()
        for team in (0..<3).map({ _ in Identifier.random() }) {
            for number in 0..<7 {
                expected.insert(try await Self.store([UInt8(number)], in: store, team: team).key)
            }
        }
        for limit in [1, 2, 5, 21, 100] {
            var found: [String] = []
            while true {
                let batch = try await store.keys(after: found.last, limit: limit)
                try check.require(batch.count <= limit, "\(batch.count) keys for a limit of \(limit)")
                if batch.isEmpty { break }
                found += batch
                try check.require(found.count <= expected.count, "keys come twice with a limit of \(limit)")
            }
            try check.equal(Set(found), expected, "keys with a limit of \(limit)")
        }
    }

    static let abandoned: Checks<any BlobStore>.Body = { store, check in
        let kept = try await Self.store([1], in: store, team: Identifier.random())
        // Held until after the clean-up, as if their process had died.
        let first = try await store.begin(team: Identifier.random(), expectedSize: nil)
        let second = try await store.begin(team: Identifier.random(), expectedSize: nil)
        try await second.write(ByteBuffer(repeating: 0, count: 2_000_000))
        try check.equal(try await store.removeAbandoned(), 2, "abandoned uploads")
        try check.equal(try await store.removeAbandoned(), 0, "abandoned uploads after a clean-up")
        try check.equal(try await store.keys(after: nil, limit: 10), [kept.key], "keys")
        await first.abort()
        await second.abort()
    }
}

extension Checker {
    /// For calls that may fail or not.
    func ignoringErrors(_ call: () async throws -> Void) async {
        do {
            try await call()
        } catch {
            return
        }
    }
}
