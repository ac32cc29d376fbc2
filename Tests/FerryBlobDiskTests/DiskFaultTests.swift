// SPDX-License-Identifier: Apache-2.0

import FerryBlobDisk
import FerryServerCore
import FerryTesting
import FerryWire
import Foundation
import NIOCore
import Synchronization
import Testing

@Suite("Disk store: a disk that fails")
struct DiskFaultTests {
    let folder: TemporaryFolder
    let team = Identifier.random()

    init() throws { folder = try TemporaryFolder() }

    @Test("interrupted and short calls are gone on with, and the bytes are equal")
    func shortCalls() async throws {
        let calls = Counter()
        var disk = DiskCalls.system
        disk.write = { descriptor, bytes, offset in
            let number = calls.next()
            if number % 3 == 0 {
                errno = EINTR
                return -1
            }
            let part = UnsafeRawBufferPointer(rebasing: bytes.prefix(number % 2 == 0 ? 1 : 4099))
            return DiskCalls.system.write(descriptor, part, offset)
        }
        disk.read = { descriptor, bytes, offset in
            let number = calls.next()
            if number % 3 == 0 {
                errno = EINTR
                return -1
            }
            let part = UnsafeMutableRawBufferPointer(rebasing: bytes.prefix(5003))
            return DiskCalls.system.read(descriptor, part, offset)
        }
        disk.synchronize = { descriptor in
            if calls.next() % 2 == 0 {
                errno = EINTR
                return -1
            }
            return DiskCalls.system.synchronize(descriptor)
        }
        let store = try folder.store(calls: disk)
        var random = SeededGenerator(seed: 4)
        let bytes = random.bytes(300_000)
        let reference = try await store.store(bytes, team: team)
        #expect(try await store.contents(reference.key) == bytes)
    }

    @Test("a full disk is storage_full, leaves nothing, and later uploads work", arguments: [ENOSPC, EDQUOT, EFBIG])
    func fullDisk(code: CInt) async throws {
        let isFull = Mutex(true)
        var disk = DiskCalls.system
        disk.write = { descriptor, bytes, offset in
            if isFull.withLock({ $0 }), offset >= 1 << 20 {
                errno = code
                return -1
            }
            return DiskCalls.system.write(descriptor, bytes, offset)
        }
        let store = try folder.store(calls: disk)
        let bytes = [UInt8](repeating: 3, count: 3 << 20)
        let writer = try await store.begin(team: team, expectedSize: Int64(bytes.count))
        var error = await #expect(throws: ServerError.self) {
            try await writer.write(ByteBuffer(bytes: bytes))
            try await writer.write(ByteBuffer(bytes: bytes))
        }
        #expect(error?.code == .storageFull)
        #expect(try folder.names("tmp") == [])
        error = await #expect(throws: ServerError.self) { try await writer.finish() }
        #expect(error?.code == .storageFull)
        error = await #expect(throws: ServerError.self) { try await writer.commit() }
        #expect(error?.code == .storageFull)
        await writer.abort()
        isFull.withLock { $0 = false }
        let reference = try await store.store(bytes, team: team)
        #expect(try await store.contents(reference.key) == bytes)
    }

    @Test("too little free space is noticed before a byte is taken, and while bytes come")
    func reserve() async throws {
        let free = Mutex<Int64>(10 << 20)
        var disk = DiskCalls.system
        disk.freeSpace = { _ in free.withLock { $0 } }
        let store = try folder.store(
            limits: .init(reservedSpace: 8 << 20, spaceCheckInterval: 1 << 20), calls: disk)
        var error = await #expect(throws: ServerError.self) {
            try await store.begin(team: team, expectedSize: (2 << 20) + 1)
        }
        #expect(error?.code == .storageFull)
        _ = try await store.store([UInt8](repeating: 0, count: 2 << 20), team: team)
        let writer = try await store.begin(team: team, expectedSize: nil)
        try await writer.write(ByteBuffer(repeating: 1, count: 1 << 20))
        free.withLock { $0 = 8 << 20 }
        error = await #expect(throws: ServerError.self) {
            try await writer.write(ByteBuffer(repeating: 1, count: 1 << 20))
        }
        #expect(error?.code == .storageFull)
        error = await #expect(throws: ServerError.self) { try await store.begin(team: team, expectedSize: 1) }
        #expect(error?.code == .storageFull)
        #expect(try folder.names("tmp") == [])
    }

    @Test("a file is made durable before it has its name, and its name after")
    func order() async throws {
        let seen = Mutex<[String]>([])
        var disk = DiskCalls.system
        disk.synchronize = { [path = folder.path] descriptor in
            var status = stat()
            let isFolder = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
            let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
            let isNamed = names.contains { $0.split(separator: "/").last?.utf8.count == 64 }
            seen.withLock { $0.append("\(isFolder ? "folder" : "file"), \(isNamed ? "named" : "unnamed")") }
            return DiskCalls.system.synchronize(descriptor)
        }
        let store = try folder.store(calls: disk)
        seen.withLock { $0 = [] }
        _ = try await store.store([1, 2, 3], team: team)
        // The shard, the team's folder and the root, for both are new.
        let folders = Array(repeating: "folder, named", count: 3)
        #expect(seen.withLock { $0 } == ["file, unnamed"] + folders)
    }

    @Test("after a failed fsync of a file the upload fails, once, and the next one works")
    func failedFileSync() async throws {
        let calls = Counter()
        var disk = DiskCalls.system
        disk.synchronize = { descriptor in
            // The first call is the store's own at the start.
            if calls.next() == 2 {
                errno = EIO
                return -1
            }
            return DiskCalls.system.synchronize(descriptor)
        }
        let store = try folder.store(calls: disk)
        let error = await #expect(throws: ServerError.self) { try await store.store([1], team: team) }
        #expect(error?.code == .internalError)
        #expect(calls.count == 2)
        #expect(try folder.names("tmp") == [])
        #expect(try await store.keys(after: nil, limit: 10) == [])
        let reference = try await store.store([1], team: team)
        #expect(try await store.contents(reference.key) == [1])
    }

    @Test("after a failed fsync of a folder nothing is promised any more")
    func failedFolderSync() async throws {
        let calls = Counter()
        var disk = DiskCalls.system
        disk.synchronize = { descriptor in
            if calls.next() == 3 {
                errno = EIO
                return -1
            }
            return DiskCalls.system.synchronize(descriptor)
        }
        let store = try folder.store(calls: disk)
        var error = await #expect(throws: ServerError.self) { try await store.store([1], team: team) }
        #expect(error?.code == .internalError)
        error = await #expect(throws: ServerError.self) { try await store.store([2], team: team) }
        #expect(error?.code == .unavailable)
        #expect(try folder.names("tmp") == [])
    }

    @Test("a failing read is an error, and so is a blob that was cut")
    func failingReads() async throws {
        let fails = Mutex(true)
        var disk = DiskCalls.system
        disk.read = { descriptor, bytes, offset in
            if fails.withLock({ $0 }) {
                errno = EIO
                return -1
            }
            return DiskCalls.system.read(descriptor, bytes, offset)
        }
        let store = try folder.store(calls: disk)
        let reference = try await store.store([UInt8](repeating: 1, count: 5000), team: team)
        let reader = try #require(try await store.open(reference.key))
        var error = await #expect(throws: ServerError.self) { try await reader.read(at: 0, maximumLength: 10) }
        #expect(error?.code == .internalError)
        #expect(error?.description.contains(folder.path) == false)
        fails.withLock { $0 = false }
        #expect(try await reader.read(at: 0, maximumLength: 10).readableBytes == 10)
        #expect(truncate(folder.path + "/" + relativePath(reference.key), 100) == 0)
        error = await #expect(throws: ServerError.self) { try await reader.read(at: 50, maximumLength: 100) }
        #expect(error?.code == .internalError)
        await reader.close()
    }
}
