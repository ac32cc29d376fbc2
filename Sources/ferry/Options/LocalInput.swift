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
        /// A pipe of the shell's (`<(command)`): bytes that come once, their number unknown.
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
            case S_IFREG: return .regular
            // What the shell puts in place of a command; any other pipe could be waited for without end.
            case S_IFIFO where path.utf8.starts(with: "/dev/fd/".utf8) || path == "/dev/stdin": return .stream
            case S_IFDIR: return .folder
            default: return .other
            }
        }
    }

    /// A file's bytes, or those of standard input for `-`.
    ///
    /// - Parameter maximumSize: most bytes.
    /// - Throws: ``CommandFailure``, `CancellationError`.
    static func bytes(_ path: String, upTo maximumSize: Int) async throws -> [UInt8] {
        let chunks = path == standardInput ? DescriptorChunks.standardInput : try await DescriptorChunks.opening(path)
        var bytes: [UInt8] = []
        for try await chunk in chunks {
            guard bytes.count + chunk.count <= maximumSize else {
                let name = path == standardInput ? "standard input" : path
                throw CommandFailure(.refused, "\(name) is longer than \(ByteSize.text(Int64(maximumSize))), the limit")
            }
            bytes += chunk
        }
        return bytes
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

    /// A file, pipe or device.
    ///
    /// - Throws: ``CommandFailure``.
    static func opening(_ path: String) async throws -> DescriptorChunks {
        try await NIOThreadPool.singleton.runIfActive {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw LocalInput.failure(errno, "open", path) }
            return DescriptorChunks(handle: Handle(descriptor: descriptor, isOwned: true), name: path)
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
