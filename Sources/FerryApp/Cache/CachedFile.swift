// SPDX-License-Identifier: Apache-2.0

import NIOPosix

/// A file in the cache. While a copy of this value lives, no process evicts it.
///
/// All values for the same bytes in one process share one open file.
public struct CachedFile: Sendable {
    /// Where it lies. Read-only: to change it, make a copy.
    public let path: String
    /// Bytes.
    public let size: Int64
    /// The media type with parameters, from the answer's headers or else from the bytes and the name.
    public let contentType: String
    /// The name it goes by, safe to create.
    public let filename: String
    /// SHA-256 of the bytes in hexadecimal.
    public let sha256: String
    /// Whether no byte had to be fetched.
    public let wasCached: Bool
    let lease: ContentLease

    /// Copies the file to a path that must be free.
    ///
    /// - Parameter isLinkable: whether the copy may be another name of the same read-only file, which costs nothing.
    ///   Without it, blocks are shared where the file system can, else the bytes are copied.
    /// - Throws: ``AppFailure`` (`file_storage`, `file_refused` if something is there).
    public func copy(to path: String, isLinkable: Bool = true) async throws {
        let lease = lease
        let source = self.path
        try await NIOThreadPool.singleton.runIfActive {
            try FileCopy.make(from: lease.descriptor, to: path, isLinkable: isLinkable, source: source)
        }
    }
}
