// SPDX-License-Identifier: Apache-2.0

import Crypto
import FerryBlobDisk
import FerryServerCore
import FerryTesting
import FerryWire
import Foundation
import NIOCore
import Testing

@Suite("Disk store: layout")
struct DiskLayoutTests {
    let folder: TemporaryFolder
    let team = Identifier.random()

    init() throws { folder = try TemporaryFolder() }

    @Test("equal bytes of a team are stored once, of two teams twice")
    func equalBytes() async throws {
        let store = try folder.store()
        let bytes = Array("the same bytes".utf8)
        let first = try await store.store(bytes, team: team)
        let inode = try folder.attributes(relativePath(first.key))[.systemFileNumber] as? UInt64
        let second = try await store.store(bytes, team: team)
        #expect(first == second)
        #expect(try folder.attributes(relativePath(first.key))[.systemFileNumber] as? UInt64 == inode)
        let other = try await store.store(bytes, team: Identifier.random())
        #expect(other.key != first.key)
        #expect(try await store.keys(after: nil, limit: 10).count == 2)
        #expect(try folder.names("tmp") == [])
    }

    @Test("a key is the team and the digest, and names the file")
    func keyForm() async throws {
        let store = try folder.store()
        let bytes = Array("abc".utf8)
        let reference = try await store.store(bytes, team: team)
        let digest = SHA256.hash(data: bytes).hexadecimal
        #expect(reference.key == "\(team)/\(digest)")
        #expect(try folder.read("\(team)/\(digest.prefix(2))/\(digest)") == "abc")
        let reader = try #require(try await store.open(reference.key) as? any LocalBlobReader)
        #expect(try Data(contentsOf: URL(fileURLWithPath: reader.localPath)) == Data(bytes))
        await reader.close()
    }

    @Test("files are for their owner alone")
    func modes() async throws {
        let store = try folder.store()
        let reference = try await store.store([1], team: team)
        let writer = try await store.begin(team: team, expectedSize: nil)
        let upload = try #require(try folder.names("tmp").first)
        for (name, mode) in [
            (relativePath(reference.key), 0o600), ("tmp/\(upload)", 0o600), ("tmp", 0o700), (team, 0o700),
        ] {
            #expect(try folder.attributes(name)[.posixPermissions] as? Int == mode, "\(name)")
        }
        await writer.abort()
    }

    @Test("nothing is left of an upload that was aborted, let go or refused")
    func nothingIsLeft() async throws {
        let store = try folder.store()
        let writer = try await store.begin(team: team, expectedSize: nil)
        try await writer.write(ByteBuffer(repeating: 1, count: 3 << 20))
        #expect(try folder.names("tmp").count == 1)
        await writer.abort()
        #expect(try folder.names("tmp") == [])
        do {
            let forgotten = try await store.begin(team: team, expectedSize: nil)
            try await forgotten.write(ByteBuffer(repeating: 1, count: 3 << 20))
        }
        // The thread that did the last write may hold the writer a moment longer than its caller.
        let deadline = ContinuousClock.now + .seconds(10)
        while try folder.names("tmp") != [], .now < deadline { await Task.yield() }
        #expect(try folder.names("tmp") == [])
        #expect(try folder.names() == ["tmp"])
    }

    @Test("bytes survive a new start, and what a dead process left is removed")
    func newStart() async throws {
        var reference: BlobReference
        do {
            let store = try folder.store()
            reference = try await store.store(Array("kept".utf8), team: team)
        }
        try folder.write("half an upl", to: "tmp/" + Identifier.random())
        let store = try folder.store()
        #expect(try await store.removeAbandoned() == 1)
        #expect(try await store.contents(reference.key) == Array("kept".utf8))
        #expect(try await store.keys(after: nil, limit: 10) == [reference.key])
    }

    @Test("keys come in byte order, and what is no blob is not one of them")
    func keyOrder() async throws {
        let store = try folder.store()
        var keys: [String] = []
        for number in 0..<30 as Range<UInt8> {
            keys.append(try await store.store([number], team: number % 2 == 0 ? team : Identifier.random()).key)
        }
        try folder.write("x", to: "\(team)/README")
        try folder.write("x", to: "lost+found")
        let shard = try #require(try folder.names(team).first { $0.utf8.count == 2 })
        try folder.write("x", to: "\(team)/\(shard)/\(String(repeating: "g", count: 64))")
        #expect(try await store.keys(after: nil, limit: 100) == keys.sorted())
        #expect(try await store.keys(after: keys.sorted()[9], limit: 5) == Array(keys.sorted()[10..<15]))
    }

    @Test("twenty uploads at once, empty to 8 MiB, all come through")
    func uploadsAtOnce() async throws {
        let store = try folder.store()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask { [team] in
                    var random = SeededGenerator(seed: UInt64(number))
                    let sizes = [0, 1, 4095, 65_537, 1 << 20, 8 << 20, (8 << 20) - 1]
                    let bytes = random.bytes(sizes[number % sizes.count])
                    let reference = try await store.store(bytes, team: team, chunk: 30_000 + number * 1000)
                    #expect(reference.digest.sha256 == SHA256.hash(data: bytes).hexadecimal)
                    #expect(try await store.contents(reference.key) == bytes)
                }
            }
            try await group.waitForAll()
        }
        #expect(try folder.names("tmp") == [])
    }

    #if os(Linux)
    @Test("a reader's descriptor is closed once, with and without close")
    func descriptors() async throws {
        let store = try folder.store()
        let reference = try await store.store([1, 2, 3], team: team)
        func openDescriptors() -> Int {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
            return names.count { name in
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
                return target?.hasSuffix(relativePath(reference.key)) == true
            }
        }
        #expect(openDescriptors() == 0)
        let reader = try #require(try await store.open(reference.key))
        #expect(openDescriptors() == 1)
        await reader.close()
        await reader.close()
        #expect(openDescriptors() == 0)
        do {
            let forgotten = try #require(try await store.open(reference.key))
            _ = try await forgotten.read(at: 0, maximumLength: 3)
        }
        // The pool may hold on to a finished piece of work for a moment.
        let deadline = ContinuousClock.now.advanced(by: .seconds(10))
        while openDescriptors() > 0, ContinuousClock.now < deadline { await Task.yield() }
        #expect(openDescriptors() == 0)
    }
    #endif
}
