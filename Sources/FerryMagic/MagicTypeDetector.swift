// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
package import FerryWire
package import NIOPosix
internal import Synchronization

/// Tells media types by the system's data base of file signatures (libmagic).
///
/// Calls run on a thread pool, each with a reader of the data base of its own; readers are kept for the next call.
package final class MagicTypeDetector: ContentTypeDetector {
    private let threadPool: NIOThreadPool
    private let maximumLength: Int
    private let idle = Mutex<[MagicReader]>([])

    /// Opens the data base. Blocks; for the start.
    ///
    /// - Parameters:
    ///   - threadPool: where the library runs; there are never more readers than it has threads.
    ///   - maximumLength: most bytes that are looked at; 64 KiB.
    /// - Throws: ``MagicUnavailable`` if the system has no data base.
    package init(threadPool: NIOThreadPool, maximumLength: Int = 64 << 10) throws(MagicUnavailable) {
        self.threadPool = threadPool
        self.maximumLength = maximumLength
        let reader = try MagicReader(maximumLength: maximumLength)
        idle.withLock { $0.append(reader) }
    }

    package func mediaType(ofBytes head: [UInt8]) async throws -> MediaType? {
        guard !head.isEmpty else { return nil }
        let name = try await threadPool.runIfActive { try self.name(of: head) }
        return name.flatMap { MediaType(MagicNames.registered($0)) }
    }

    private func name(of head: [UInt8]) throws -> String? {
        let reader = try idle.withLock { $0.popLast() } ?? MagicReader(maximumLength: maximumLength)
        defer { idle.withLock { $0.append(reader) } }
        return reader.mediaType(of: head.prefix(maximumLength))
    }
}
