// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// What is done about a disk that is full.
extension FileCache {
    /// Most bytes evicted at once for bytes of which nobody knows how many will come.
    private static let spaceStep: Int64 = 64 << 20

    /// Sees to it that so many bytes more fit on the disk: if they do not, what is unused for longest goes, but only if
    /// that is enough. False if they do not fit. Blocks.
    func makeSpace(_ bytes: Int64) -> Bool {
        guard let free = folder.freeSpace(), free < bytes else { return true }
        guard evictable() >= bytes - free else { return false }
        _ = evict(bytes - free)
        return folder.freeSpace().map { $0 >= bytes } ?? true
    }

    /// Adds bytes to a part. Where they find the disk full, what is unused for longest makes room.
    func append(_ bytes: ByteBuffer, to part: PartFile) async throws {
        try await threads.runIfActive { [self] in try appendNow(bytes, to: part) }
    }

    /// The same. Blocks.
    func appendNow(_ bytes: ByteBuffer, to part: PartFile) throws {
        while true {
            do {
                return try part.append(bytes)
            } catch let failure as AppFailure where failure.isDiskFull {
                guard evict(max(Int64(bytes.readableBytes), Self.spaceStep)) else { throw failure }
            }
        }
    }
}
