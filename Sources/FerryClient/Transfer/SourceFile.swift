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

        init(_ status: stat) {
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
    let threads: NIOThreadPool

    /// Opens the path, links followed.
    private convenience init(path: String, threads: NIOThreadPool) throws {
        // A pipe without a writer would block the open but for O_NONBLOCK, which means nothing for regular files.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else {
            throw errno == ENXIO ? FerryError.notRegular(path) : FerryError.localFile(errno, "open", path)
        }
        try self.init(path: path, descriptor: descriptor, threads: threads)
    }

    /// Takes over a descriptor that is open for reading.
    init(path: String, descriptor: CInt, threads: NIOThreadPool) throws {
        self.path = path
        self.descriptor = descriptor
        self.threads = threads
        var status = stat()
        let outcome = fstat(descriptor, &status)
        let number = errno
        identity = Identity(status)
        // From here on `deinit` closes the descriptor.
        guard outcome == 0 else { throw FerryError.localFile(number, "read", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw FerryError.notRegular(path) }
        if status.st_size == 0 { try checkEmpty() }
    }

    /// Files made up by the system while they are read, as those in `/proc`, say that they are empty and are not.
    private func checkEmpty() throws {
        var byte: UInt8 = 0
        var result = pread(descriptor, &byte, 1, 0)
        while result < 0, errno == EINTR { result = pread(descriptor, &byte, 1, 0) }
        guard result >= 0 else { throw FerryError.localFile(errno, "read", path) }
        guard result == 0 else {
            var status = stat()
            // It may just have been written to.
            if fstat(descriptor, &status) == 0, status.st_size > 0 { throw changed }
            throw FerryError(
                .localFile, "\(path) does not tell its size; upload what it holds as bytes or by standard input")
        }
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
    /// - Throws: ``FerryError`` (`sourceChanged`) if the file is not what it was when opened. That is checked after
    ///   reading the chunk, so that no changed file is ever sent whole.
    func chunk(at offset: Int64, upTo size: Int, hasher: SHA256) async throws -> (ByteBuffer, SHA256) {
        let count = Int(min(Int64(size), identity.size - offset))
        return try await threads.runIfActive {
            var buffer = ByteBufferAllocator().buffer(capacity: count)
            try self.read(at: offset, count, into: &buffer)
            guard buffer.readableBytes == count else { throw self.changed }
            try self.compare(isLast: offset + Int64(count) == self.identity.size)
            var hasher = hasher
            buffer.withUnsafeReadableBytes { hasher.update(bufferPointer: $0) }
            return (buffer, hasher)
        }
    }

    private var changed: FerryError {
        FerryError(.sourceChanged, "\(path) changed while it was being uploaded; try again when nothing writes to it")
    }

    /// Makes sure that the file is still what it was when it was opened, and still the one of that name.
    ///
    /// - Throws: ``FerryError`` (`sourceChanged`).
    func checkUnchanged() async throws { try await threads.runIfActive { try self.compare(isLast: true) } }

    /// - Parameter isLast: whether to look too at what the path leads to now. A file without its name any more is whole,
    ///   but another one in its place is what the caller means.
    private func compare(isLast: Bool) throws {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FerryError.localFile(errno, "read", path) }
        guard Identity(status) == identity else { throw changed }
        guard isLast, stat(path, &status) == 0 else { return }
        let other = Identity(status)
        guard other.inode == identity.inode, other.device == identity.device else { throw changed }
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
