// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Gathers bytes up to the buffer's size, then hashes and writes them in one go on the thread pool. Memory: one buffer
/// and the chunk that filled it.
final class DiskBlobWriter: BlobWriter {
    private let bufferSize: Int
    private let threadPool: NIOThreadPool
    private let pending = Mutex(ByteBuffer())
    /// Locked while the disk works, on the pool's threads only.
    private let upload: Mutex<DiskUpload>

    init(upload: sending DiskUpload, bufferSize: Int, threadPool: NIOThreadPool) {
        self.upload = Mutex(upload)
        self.bufferSize = bufferSize
        self.threadPool = threadPool
    }

    deinit {
        // Whoever neither committed nor aborted leaves nothing behind all the same.
        upload.withLock { $0.abort() }
    }

    func write(_ bytes: ByteBuffer) async throws {
        try Task.checkCancellation()
        let due = pending.withLock { pending -> [ByteBuffer] in
            guard pending.readableBytes + bytes.readableBytes >= bufferSize else {
                if pending.capacity == 0 {
                    pending.reserveCapacity(min(bufferSize, max(bytes.readableBytes * 4, 4096)))
                }
                pending.writeImmutableBuffer(bytes)
                return []
            }
            let gathered = pending
            pending = ByteBuffer()
            return [gathered, bytes].filter { $0.readableBytes > 0 }
        }
        guard !due.isEmpty else { return }
        try await onPool { try $0.append(due) }
    }

    func finish() async throws -> BlobDigest {
        try Task.checkCancellation()
        let rest = pending.withLock { pending in
            defer { pending = ByteBuffer() }
            return pending
        }
        return try await onPool { upload in
            if rest.readableBytes > 0 { try upload.append([rest]) }
            return try upload.finish()
        }
    }

    func commit() async throws -> BlobReference {
        try Task.checkCancellation()
        return try await onPool { try $0.commit() }
    }

    func abort() async {
        pending.withLock { $0 = ByteBuffer() }
        do {
            try await onPool { $0.abort() }
        } catch {
            // The pool has stopped: nobody else is at work on the file.
            upload.withLock { $0.abort() }
        }
    }

    private func onPool<Result: Sendable>(
        _ body: @escaping @Sendable (inout DiskUpload) throws -> Result
    ) async throws -> Result {
        try await threadPool.work { try self.upload.withLock { try body(&$0) } }
    }
}
