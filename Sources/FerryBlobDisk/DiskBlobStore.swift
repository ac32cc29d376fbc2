// SPDX-License-Identifier: Apache-2.0

package import FerryServerCore
internal import FerryWire
package import NIOPosix

/// Blobs as files of one folder, of each team equal bytes once.
///
/// ```
/// <root>/tmp/<random>            an upload under way, mode 0600
/// <root>/<team>/<aa>/<sha256>    bytes that came whole; <aa> are the digest's first two digits
/// ```
/// A key is `<team>/<sha256>`. A commit makes the file durable, then gives it its name (never replacing equal bytes),
/// then makes the name durable. All disk work is done on the thread pool; no link is ever followed below the root.
///
/// The process must ignore `SIGXFSZ`, else a file size limit kills it instead of failing one upload.
package final class DiskBlobStore: BlobStore {
    /// Sizes the store keeps to.
    package struct Limits: Sendable, Hashable {
        /// Bytes gathered before they are written, so much memory an upload; 1 MiB.
        package var writeBuffer: Int
        /// Most bytes of one read; 4 MiB.
        package var maximumRead: Int
        /// Bytes of the file system that stay free, for the metadata and for clean-ups; 64 MiB.
        package var reservedSpace: Int64
        /// Bytes of an upload after which free space is looked at again; 64 MiB.
        package var spaceCheckInterval: Int64

        /// Limits.
        package init(
            writeBuffer: Int = 1 << 20, maximumRead: Int = 4 << 20, reservedSpace: Int64 = 64 << 20,
            spaceCheckInterval: Int64 = 64 << 20
        ) {
            self.writeBuffer = max(writeBuffer, 1)
            self.maximumRead = max(maximumRead, 1)
            self.reservedSpace = reservedSpace
            self.spaceCheckInterval = max(spaceCheckInterval, 1)
        }
    }

    private let folder: BlobFolder
    private let threadPool: NIOThreadPool

    /// Opens a store, and makes its folders if need be. Blocks for a moment; for the start.
    ///
    /// - Parameters:
    ///   - root: the folder; made with mode 0700 if it is missing.
    ///   - threadPool: does all the work; running, and the caller's to shut down, after the last use of the store.
    /// - Throws: `ServerError`.
    package init(
        root: String, threadPool: NIOThreadPool, limits: Limits = Limits(), calls: DiskCalls = .system
    ) throws {
        do throws(SystemError) {
            folder = try BlobFolder(root: root, limits: limits, calls: calls)
        } catch {
            throw error.serverError
        }
        self.threadPool = threadPool
    }

    package func begin(team: String, expectedSize: Int64?) async throws -> any BlobWriter {
        try Task.checkCancellation()
        guard Identifier.isValid(team) else { throw ServerError.misuse("a team's id was expected") }
        guard expectedSize ?? 0 >= 0 else { throw ServerError(.validation, "the size must not be negative") }
        return try await threadPool.work { [folder, threadPool] in
            try folder.requireSpace(for: expectedSize ?? 0)
            let upload = try folder.beginUpload(team: team)
            return DiskBlobWriter(upload: upload, bufferSize: folder.limits.writeBuffer, threadPool: threadPool)
        }
    }

    package func open(_ key: String) async throws -> (any BlobReader)? {
        try Task.checkCancellation()
        guard let key = BlobKey(key) else { return nil }
        return try await threadPool.work { [folder, threadPool] in
            guard let (file, size) = try folder.open(key) else { return nil }
            return DiskBlobReader(
                file: file, size: size, localPath: folder.path(of: key), maximumRead: folder.limits.maximumRead,
                calls: folder.calls, threadPool: threadPool)
        }
    }

    package func remove(_ key: String) async throws {
        guard let key = BlobKey(key) else { return }
        try await threadPool.work { [folder] in try folder.remove(key) }
    }

    package func removeAbandoned() async throws -> Int {
        try await threadPool.work { [folder] in try folder.removeAbandoned() }
    }

    package func keys(after: String?, limit: Int) async throws -> [String] {
        try Task.checkCancellation()
        guard limit > 0 else { return [] }
        return try await threadPool.work { [folder] in try folder.keys(after: after, limit: limit) }
    }
}
