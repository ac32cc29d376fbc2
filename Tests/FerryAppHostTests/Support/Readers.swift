// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import NIOCore

/// Stored bytes in memory.
struct MemoryReader: BlobReader {
    let bytes: [UInt8]
    /// What the record says.
    let size: Int64

    init(_ bytes: [UInt8], size: Int64? = nil) {
        self.bytes = bytes
        self.size = size ?? Int64(bytes.count)
    }

    func read(at offset: Int64, maximumLength: Int) async throws -> ByteBuffer {
        ByteBuffer(bytes: bytes.dropFirst(Int(offset)).prefix(maximumLength))
    }

    func close() async {}
}

/// Stored bytes in a file.
struct FileReader: LocalBlobReader {
    let localPath: String
    let size: Int64

    func read(at offset: Int64, maximumLength: Int) async throws -> ByteBuffer {
        throw UnexpectedRead()
    }

    func close() async {}

    struct UnexpectedRead: Error {}
}
