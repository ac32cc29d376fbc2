// SPDX-License-Identifier: Apache-2.0

import Crypto
import NIOCore
import NIOPosix

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A local file open for reading. Every method works on the thread pool; none blocks the caller's thread.
final class SourceFile: Sendable {
    /// What tells one state of a file from another.
    struct Identity: Sendable, Hashable {
        var device: UInt64
        var inode: UInt64
        var size: Int64
        var modifiedSeconds: Int64
        var modifiedNanoseconds: Int64

        fileprivate init(_ status: stat) {
            device = UInt64(truncatingIfNeeded: status.st_dev)
            inode = UInt64(truncatingIfNeeded: status.st_ino)
            size = Int64(status.st_size)
            #if canImport(Darwin)
            modifiedSeconds = Int64(status.st_mtimespec.tv_sec)
            modifiedNanoseconds = Int64(status.st_mtimespec.tv_nsec)
            #else
            modifiedSeconds = Int64(status.st_mtim.tv_sec)
            modifiedNanoseconds = Int64(status.st_mtim.tv_nsec)
            #endif
        }
    }

    /// The path it was opened by.
    let path: String
    /// Its state when it was opened.
    let identity: Identity
    private let descriptor: CInt
    private let threads: NIOThreadPool

    private init(path: String, threads: NIOThreadPool) throws {
        self.path = path
        self.threads = threads
        // A pipe without a writer would block the open but for O_NONBLOCK, which means nothing for regular files.
        descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else {
            throw errno == ENXIO ? FerryError.notRegular(path) : FerryError.localFile(errno, "open", path)
        }
        var status = stat()
        let outcome = fstat(descriptor, &status)
        let number = errno
        identity = Identity(status)
        // From here on `deinit` closes the descriptor.
        guard outcome == 0 else { throw FerryError.localFile(number, "read", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw FerryError.notRegular(path) }
    }

    deinit { close(descriptor) }

    /// Opens a regular file.
    ///
    /// - Throws: ``FerryError`` (`localFileNotFound`, `localFile`); folders, pipes and devices are refused at once.
    static func opened(_ path: String, on threads: NIOThreadPool) async throws -> SourceFile {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw FerryError(.localFileNotFound, "the path is empty or holds a zero byte; there is no such file")
        }
        return try await threads.runIfActive { try SourceFile(path: path, threads: threads) }
    }

    /// The first bytes, at most that many.
    func head(_ count: Int) async throws -> [UInt8] {
        try await threads.runIfActive {
            var buffer = ByteBufferAllocator().buffer(capacity: count)
            try self.read(at: 0, count, into: &buffer)
            return Array(buffer.readableBytesView)
        }
    }

    /// Reads the chunk at an offset and takes it into the digest.
    ///
    /// - Throws: ``FerryError`` (`sourceChanged`) if the file is not what it was when opened; for the last chunk that
    ///   is checked after reading it, so that no changed file is ever sent whole.
    func chunk(at offset: Int64, upTo size: Int, hasher: SHA256) async throws -> (ByteBuffer, SHA256) {
        let count = Int(min(Int64(size), identity.size - offset))
        return try await threads.runIfActive {
            var buffer = ByteBufferAllocator().buffer(capacity: count)
            try self.read(at: offset, count, into: &buffer)
            guard buffer.readableBytes == count else { throw self.changed }
            if offset + Int64(count) == self.identity.size { try self.checkUnchanged() }
            var hasher = hasher
            buffer.withUnsafeReadableBytes { hasher.update(bufferPointer: $0) }
            return (buffer, hasher)
        }
    }

    private var changed: FerryError {
        FerryError(.sourceChanged, "\(path) changed while it was being uploaded; try again when nothing writes to it")
    }

    private func checkUnchanged() throws {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FerryError.localFile(errno, "read", path) }
        guard Identity(status) == identity else { throw changed }
    }

    private func read(at offset: Int64, _ count: Int, into buffer: inout ByteBuffer) throws {
        var done = 0
        while done < count {
            let result = try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count - done) { space in
                let result = pread(descriptor, space.baseAddress, count - done, off_t(offset) + off_t(done))
                guard result >= 0 || errno == EINTR else { throw FerryError.localFile(errno, "read", path) }
                return max(0, result)
            }
            if result == 0 {
                // Either the end, or an interruption that will not repeat itself for ever.
                guard try isInterrupted(at: offset + Int64(done)) else { return }
            }
            done += result
        }
    }

    /// Whether there is still a byte at that offset.
    private func isInterrupted(at offset: Int64) throws -> Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FerryError.localFile(errno, "read", path) }
        return offset < Int64(status.st_size)
    }
}
