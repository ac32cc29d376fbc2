// SPDX-License-Identifier: Apache-2.0

import NIOPosix

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The bytes of an open descriptor as they come, read away from the cooperative threads. To be had once.
struct DescriptorBytes: AsyncSequence, Sendable {
    typealias Element = [UInt8]

    /// How long one look for bytes lasts at most, in milliseconds: cancellation is noticed that late.
    private static let patience: CInt = 100

    /// Stays the caller's: it is not closed here.
    let descriptor: CInt
    /// What messages call it.
    let name: String
    /// Most bytes of a chunk.
    let chunkSize: Int
    let threads: NIOThreadPool

    struct AsyncIterator: AsyncIteratorProtocol {
        let bytes: DescriptorBytes

        /// The next bytes; nil at the end.
        ///
        /// - Throws: ``FerryError`` (`localFile`) and `CancellationError`.
        mutating func next() async throws -> [UInt8]? {
            while true {
                try Task.checkCancellation()
                let chunk = try await bytes.threads.runIfActive { [bytes] in try bytes.readSome() }
                guard let chunk else { continue }
                return chunk.isEmpty ? nil : chunk
            }
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(bytes: self) }

    /// What is there now; empty at the end, nil if nothing came for a while.
    private func readSome() throws -> [UInt8]? {
        var waited = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&waited, 1, Self.patience) > 0 else { return nil }
        var isAtEnd = false
        let chunk = try [UInt8](unsafeUninitializedCapacity: chunkSize) { buffer, count in
            let got = read(descriptor, buffer.baseAddress, buffer.count)
            if got < 0 {
                guard errno == EINTR || errno == EAGAIN else { throw FerryError.localFile(errno, "read", name) }
                return
            }
            isAtEnd = got == 0
            count = got
        }
        return chunk.isEmpty && !isAtEnd ? nil : chunk
    }
}
