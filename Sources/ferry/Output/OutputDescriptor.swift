// SPDX-License-Identifier: Apache-2.0

import NIOPosix
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The reader of our output is gone. Not worth a word: the command ends.
struct BrokenPipe: Error {}

/// Standard output or standard error. Every write is whole: two never mix.
final class OutputDescriptor: Sendable {
    static let standardOutput = OutputDescriptor(STDOUT_FILENO)
    static let standardError = OutputDescriptor(STDERR_FILENO)

    private let descriptor: CInt
    private let threads = NIOThreadPool.singleton
    private let writing = Mutex(())

    private init(_ descriptor: CInt) { self.descriptor = descriptor }

    /// Writes everything, away from the cooperative threads, since a reader may take its time. So does a task that is
    /// cancelled: what is said of the end is said after it.
    ///
    /// - Throws: ``BrokenPipe``, ``CommandFailure``.
    func write(_ bytes: [UInt8]) async throws {
        guard !bytes.isEmpty else { return }
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            threads.submit { _ in continuation.resume(with: Result { try self.writeBlocking(bytes) }) }
        }
    }

    /// Writes everything on the calling thread: for the end of the process and for threads of our own.
    ///
    /// - Throws: ``BrokenPipe``, ``CommandFailure``.
    func writeBlocking(_ bytes: [UInt8]) throws {
        try writing.withLock { _ in
            try bytes.withUnsafeBytes { buffer in
                var done = 0
                while done < buffer.count {
                    let count = systemWrite(descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done)
                    if count < 0 { try Self.survive(errno, descriptor) } else { done += count }
                }
            }
        }
    }

    /// Waits out what passes, throws for what does not.
    private static func survive(_ number: CInt, _ descriptor: CInt) throws {
        switch number {
        case EINTR: return
        case EAGAIN:
            // Somebody made the descriptor non-blocking, as another user of the terminal may.
            var waited = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            _ = poll(&waited, 1, 1_000)
        case EPIPE, EBADF: throw BrokenPipe()
        default:
            throw CommandFailure(.other, "could not write the output: \(String(cString: strerror(number)))")
        }
    }
}

/// `write`, by a name that does not clash with methods.
private func systemWrite(_ descriptor: CInt, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
