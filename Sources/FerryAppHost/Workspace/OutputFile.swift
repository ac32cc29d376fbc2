// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import NIOCore
import NIOPosix
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A file an app made, open for reading.
final class OutputFile: BlobReader {
    /// Size when it was opened; bytes beyond it are not given.
    let size: Int64
    private let threadPool: NIOThreadPool
    // Reads under way hold the file too, so closing never takes it from under them.
    private let file: Mutex<Descriptor?>

    init(file: Descriptor, size: Int64, threadPool: NIOThreadPool) {
        self.size = size
        self.threadPool = threadPool
        self.file = Mutex(file)
    }

    /// - Throws: ``AppFailure`` if the file has shrunk, ``ServerError`` if the disk fails or the file was closed.
    func read(at offset: Int64, maximumLength: Int) async throws -> ByteBuffer {
        guard let file = file.withLock({ $0 }) else {
            throw ServerError(.internalError, "a file of the app's was read after it was closed")
        }
        let length = Int(min(Int64(max(0, maximumLength)), max(0, size - offset)))
        guard length > 0, offset >= 0 else { return ByteBuffer() }
        return try await threadPool.runIfActive {
            var buffer = ByteBufferAllocator().buffer(capacity: length)
            var code: Int32 = 0
            let count = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { storage in
                var got: Int
                repeat {
                    got = pread(file.raw, storage.baseAddress, length, off_t(offset))
                } while got < 0 && errno == EINTR
                if got < 0 { code = errno }
                return max(0, got)
            }
            guard code == 0 else {
                throw ServerError(SystemFailure(call: "reading a file", code: code), doing: "read a file of the app's")
            }
            guard count > 0 else { throw AppFailure(message: "the app cut one of its files short after its end") }
            return buffer
        }
    }

    func close() async { file.withLock { $0 = nil } }
}
