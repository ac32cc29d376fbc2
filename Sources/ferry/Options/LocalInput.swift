// SPDX-License-Identifier: Apache-2.0

import NIOPosix

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Reads what a command is given by file or standard input.
enum LocalInput {
    /// Standard input's name on the command line.
    static let standardInput = "-"

    /// What a path leads to.
    enum Kind: Sendable {
        /// A regular file.
        case regular
        /// Bytes that come once, their number unknown: a pipe of the shell's (`<(command)`), or a file of the system's
        /// that is made as it is read and says it is empty.
        case stream
        /// A folder.
        case folder
        /// A device, a named pipe, a socket and the like.
        case other
    }

    /// What a path leads to.
    ///
    /// - Throws: ``CommandFailure`` (`localFileNotFound`).
    static func kind(of path: String) async throws -> Kind {
        try await NIOThreadPool.singleton.runIfActive {
            var status = stat()
            guard stat(path, &status) == 0 else { throw failure(errno, "read", path) }
            switch status.st_mode & S_IFMT {
            case S_IFREG: return try status.st_size == 0 && holdsBytes(path) ? .stream : .regular
            case S_IFIFO where isOfShell(path): return .stream
            case S_IFDIR: return .folder
            default: return .other
            }
        }
    }

    /// Whether a path is what the shell puts in place of a command; any other pipe could be waited for without end.
    fileprivate static func isOfShell(_ path: String) -> Bool {
        path.utf8.starts(with: "/dev/fd/".utf8) || path.utf8.starts(with: "/proc/self/fd/".utf8)
            || path == "/dev/stdin"
    }

    /// Whether a regular file without a size has bytes all the same, as those beneath `/proc` do.
    fileprivate static func holdsBytes(_ path: String) throws -> Bool {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { throw failure(errno, "open", path) }
        defer { close(descriptor) }
        var byte: UInt8 = 0
        let count = pread(descriptor, &byte, 1, 0)
        guard count >= 0 else {
            let reason = String(cString: strerror(errno))
            throw CommandFailure(.refused, "could not read \(path): \(reason); it is no file whose bytes can be had")
        }
        return count > 0
    }

    /// A file's bytes, or those of standard input for `-`.
    ///
    /// - Parameter maximumSize: most bytes.
    /// - Throws: ``CommandFailure``, `CancellationError`.
    static func bytes(_ path: String, upTo maximumSize: Int, orElse remedy: String = "") async throws -> [UInt8] {
        let chunks = path == standardInput ? DescriptorChunks.standardInput : try await DescriptorChunks.opening(path)
        var bytes: [UInt8] = []
        for try await chunk in chunks {
            guard bytes.count + chunk.count <= maximumSize else {
                let name = path == standardInput ? "standard input" : path
                throw CommandFailure(
                    .refused, "\(name) is longer than \(ByteSize.text(Int64(maximumSize))), the limit\(remedy)")
            }
            bytes += chunk
        }
        return bytes
    }

    /// The path names a pipe, a device and the like.
    static func notRegular(_ path: String) -> CommandFailure {
        CommandFailure(.refused, "\(path) is no regular file; to read what a pipe or device gives, use - < \(path)")
    }

    /// What a failed system call on a local file means.
    static func failure(_ number: CInt, _ doing: String, _ path: String) -> CommandFailure {
        let reason = String(cString: strerror(number))
        switch number {
        case ENOENT, ENOTDIR:
            return CommandFailure(.localFileNotFound, "could not \(doing) \(path): \(reason); check the path")
        case EACCES, EPERM, EROFS, EISDIR:
            return CommandFailure(.refused, "could not \(doing) \(path): \(reason); check the permissions")
        default: return CommandFailure(.other, "could not \(doing) \(path): \(reason)")
        }
    }
}

/// The bytes of a descriptor as they come, read away from the cooperative threads. To be had once.
struct DescriptorChunks: AsyncSequence, Sendable {
    typealias Element = [UInt8]

    /// Most bytes of a chunk.
    static let chunkSize = 256 << 10
    /// How long one look for bytes lasts at most, in milliseconds: cancellation is noticed that late.
    private static let patience: CInt = 100

    /// Closes with the last copy.
    private final class Handle: Sendable {
        let descriptor: CInt
        let isOwned: Bool

        init(descriptor: CInt, isOwned: Bool) {
            self.descriptor = descriptor
            self.isOwned = isOwned
        }

        deinit { if isOwned { close(descriptor) } }
    }

    private let handle: Handle
    private let name: String

    /// Standard input.
    static let standardInput = DescriptorChunks(
        handle: Handle(descriptor: STDIN_FILENO, isOwned: false), name: "standard input")

    /// A regular file, or a pipe of the shell's. Anything else may have no end, or no beginning.
    ///
    /// - Throws: ``CommandFailure``.
    static func opening(_ path: String) async throws -> DescriptorChunks {
        try await NIOThreadPool.singleton.runIfActive {
            // Without O_NONBLOCK a pipe that nobody writes to would be waited for right here.
            let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
            guard descriptor >= 0 else {
                guard errno != ENXIO else { throw LocalInput.notRegular(path) }
                throw LocalInput.failure(errno, "open", path)
            }
            let chunks = DescriptorChunks(handle: Handle(descriptor: descriptor, isOwned: true), name: path)
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw LocalInput.failure(errno, "read", path) }
            switch status.st_mode & S_IFMT {
            case S_IFREG:
                if status.st_size == 0 { _ = try LocalInput.holdsBytes(path) }
                return chunks
            case S_IFDIR: throw LocalInput.failure(EISDIR, "read", path)
            case _ where LocalInput.isOfShell(path): return chunks
            default: throw LocalInput.notRegular(path)
            }
        }
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let chunks: DescriptorChunks

        /// The next bytes; nil at the end.
        mutating func next() async throws -> [UInt8]? {
            while true {
                try Task.checkCancellation()
                let chunk = try await NIOThreadPool.singleton.runIfActive { [chunks] in try chunks.readSome() }
                guard let chunk else { continue }
                return chunk.isEmpty ? nil : chunk
            }
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(chunks: self) }

    /// What is there now; empty at the end, nil if nothing came for a while.
    private func readSome() throws -> [UInt8]? {
        var isAtEnd = false
        let chunk = try [UInt8](unsafeUninitializedCapacity: Self.chunkSize) { buffer, count in
            while count < buffer.count {
                var waited = pollfd(fd: handle.descriptor, events: Int16(POLLIN), revents: 0)
                guard poll(&waited, 1, count == 0 ? Self.patience : 0) > 0 else { return }
                let got = read(handle.descriptor, buffer.baseAddress?.advanced(by: count), buffer.count - count)
                if got < 0 {
                    guard errno == EINTR || errno == EAGAIN else { throw LocalInput.failure(errno, "read", name) }
                    return
                }
                if got == 0 {
                    isAtEnd = true
                    return
                }
                count += got
            }
        }
        return chunk.isEmpty && !isAtEnd ? nil : chunk
    }
}
