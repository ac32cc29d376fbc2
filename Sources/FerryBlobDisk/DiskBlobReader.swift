// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A blob's file, open for reading. Reads that are under way when it is closed end as if it were not.
final class DiskBlobReader: LocalBlobReader {
    let size: Int64
    let localPath: String
    private let maximumRead: Int
    private let calls: DiskCalls
    private let threadPool: NIOThreadPool
    /// Nil once closed; each read holds it as long as it lasts.
    private let file: Mutex<Descriptor?>

    init(
        file: Descriptor, size: Int64, localPath: String, maximumRead: Int, calls: DiskCalls, threadPool: NIOThreadPool
    ) {
        self.file = Mutex(file)
        self.size = size
        self.localPath = localPath
        self.maximumRead = maximumRead
        self.calls = calls
        self.threadPool = threadPool
    }

    func read(at offset: Int64, maximumLength: Int) async throws -> ByteBuffer {
        try Task.checkCancellation()
        guard offset >= 0 else { throw ServerError.misuse("a read before the beginning") }
        guard let file = file.withLock({ $0 }) else { throw ServerError.misuse("a read after the close") }
        let length = Int(min(Int64(min(maximumLength, maximumRead)), size - offset))
        guard length > 0 else { return ByteBuffer() }
        return try await threadPool.work { [calls] in
            var buffer = ByteBuffer()
            let outcome = Result { () throws(SystemError) -> Int in
                try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { bytes throws(SystemError) in
                    let wanted = UnsafeMutableRawBufferPointer(rebasing: bytes[..<length])
                    return try calls.readAll(into: wanted, from: file, at: offset)
                }
            }
            switch outcome {
            case .success(length): return buffer
            case .success:
                throw ServerError(.internalError, "stored bytes are cut short; the server's operator must restore them")
            case .failure(let error): throw error.serverError
            }
        }
    }

    func close() async { file.withLock { $0 = nil } }
}
