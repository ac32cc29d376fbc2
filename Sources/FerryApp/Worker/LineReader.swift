// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Lines from a descriptor, read when asked for: a thread of its own waits, never one of the cooperative pool.
///
/// At most one line and one chunk of 64 KiB are held. The descriptor stays the caller's.
final class LineReader: Sendable {
    private static let chunk = 64 << 10

    private let descriptor: Int32
    private let wakeRead: Int32
    private let wakeWrite: Int32
    private let queue = DispatchQueue(label: "ferry.app.input")
    private let buffer: Mutex<LineBuffer>

    /// A reader of lines of at most `maximumLength` bytes.
    init(descriptor: Int32, maximumLength: Int) throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw PrivateDescriptors.Failure(call: "making a pipe", code: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        self.descriptor = descriptor
        wakeRead = ends[0]
        wakeWrite = ends[1]
        buffer = Mutex(LineBuffer(maximumLength: maximumLength))
    }

    deinit {
        close(wakeRead)
        close(wakeWrite)
    }

    /// The next line; nil at the end of input, and for ever after the calling task is cancelled.
    func next() async -> LineBuffer.Line? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                queue.async { continuation.resume(returning: self.wait()) }
            }
        } onCancel: {
            _ = writeAll([1], to: wakeWrite)
        }
    }

    /// Blocks until there is a line. Runs on the queue alone.
    private func wait() -> LineBuffer.Line? {
        while true {
            if let line = buffer.withLock({ $0.next() }) { return line }
            guard isReadable(), let more = read() else { return nil }
            buffer.withLock { $0.append(more) }
        }
    }

    /// Waits for input; false when woken by a cancellation.
    private func isReadable() -> Bool {
        var sources = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wakeRead, events: Int16(POLLIN), revents: 0),
        ]
        while poll(&sources, nfds_t(sources.count), -1) < 0 {
            guard errno == EINTR else { return false }
        }
        return sources[1].revents == 0
    }

    /// What can be read now; nil at the end.
    private func read() -> [UInt8]? {
        let bytes = [UInt8](unsafeUninitializedCapacity: Self.chunk) { storage, count in
            var got: Int
            repeat {
                got = Self.readOnce(descriptor, storage)
            } while got < 0 && errno == EINTR
            count = max(0, got)
        }
        return bytes.isEmpty ? nil : bytes
    }

    private static func readOnce(_ descriptor: Int32, _ storage: UnsafeMutableBufferPointer<UInt8>) -> Int {
        #if canImport(Darwin)
        Darwin.read(descriptor, storage.baseAddress, storage.count)
        #elseif canImport(Musl)
        Musl.read(descriptor, storage.baseAddress, storage.count)
        #else
        Glibc.read(descriptor, storage.baseAddress, storage.count)
        #endif
    }
}
