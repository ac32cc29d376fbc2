// SPDX-License-Identifier: Apache-2.0

import Crypto
import FerryWire
import NIOCore
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Bytes that are not whole yet: a file under a name of its own, locked so that nobody takes it for left behind, and
/// removed with this value unless it was committed.
final class PartFile: Sendable {
    private struct State {
        var size: Int64 = 0
        var hasher = SHA256()
        var head: [UInt8] = []
        var isGone = false
    }

    let path: String
    let lock: CacheLock
    private let state = Mutex(State())

    /// Makes an empty file. Blocks.
    init(in folder: CacheFolder) throws {
        path = "\(folder.parts)/\(CacheFolder.uniqueName())"
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw AppFailure.storage("make a file") }
        lock = CacheLock(owning: descriptor)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            _ = unlink(path)
            throw AppFailure.storage("lock a file", number)
        }
    }

    deinit { remove() }

    /// Bytes by now.
    var size: Int64 { state.withLock { $0.size } }

    /// The first bytes, at most as many as detection of a media type makes use of.
    var head: [UInt8] { state.withLock { $0.head } }

    /// SHA-256 of the bytes by now.
    var digest: [UInt8] { state.withLock { Array($0.hasher.finalize()) } }

    /// Adds bytes. When that fails, none of them count, and it may be tried again. Blocks.
    func append(_ buffer: ByteBuffer) throws {
        try state.withLock { state in
            try CacheFolder.writeAll(buffer, lock.descriptor, at: state.size)
            state.size += Int64(buffer.readableBytes)
            buffer.withUnsafeReadableBytes { state.hasher.update(bufferPointer: $0) }
            let missing = MediaType.headLength - state.head.count
            if missing > 0 { state.head += buffer.readableBytesView.prefix(missing) }
        }
    }

    /// Forgets all bytes. Blocks.
    func reset() throws {
        try state.withLock { state in
            guard ftruncate(lock.descriptor, 0) == 0 else { throw AppFailure.storage("empty a file") }
            state = State()
        }
    }

    /// Somebody else has the file now, under another name.
    func committed() { state.withLock { $0.isGone = true } }

    /// Removes the file unless it was committed.
    func remove() {
        state.withLock { state in
            if !state.isGone { _ = unlink(path) }
            state.isGone = true
        }
    }
}

extension ByteBuffer: ContiguousBytesLike {
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withUnsafeReadableBytes(body)
    }
}
