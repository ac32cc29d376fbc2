// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// Where the bytes are. Keys are opaque: only the store that made one understands it.
///
/// An implementation keeps bytes from the moment ``BlobWriter/commit()`` returns, through any kind of death of the
/// process or the machine, and passes `BlobStoreConformance` of `FerryTesting`.
public protocol BlobStore: Sendable {
    /// Begins to take bytes of a team. Nothing is visible before the commit.
    ///
    /// - Parameter expectedSize: size in bytes if known, so that a full disk is noticed early.
    func begin(team: String, expectedSize: Int64?) async throws -> any BlobWriter

    /// Opens stored bytes for reading; nil if there are none of that key.
    func open(_ key: String) async throws -> (any BlobReader)?

    /// Forgets stored bytes; does nothing if there are none.
    func remove(_ key: String) async throws

    /// Removes what writers left behind that neither committed nor aborted, and gives how many there were.
    /// For the start only, while nobody writes.
    func removeAbandoned() async throws -> Int

    /// The keys of everything stored, in batches of at most `limit`, in an order of the store's own.
    ///
    /// - Parameter after: the last key of the batch before; nil for the first.
    func keys(after: String?, limit: Int) async throws -> [String]
}

/// One upload into a store. Not for use by two tasks at once.
public protocol BlobWriter: Sendable {
    /// Takes the next bytes; returns when the store can take more.
    func write(_ bytes: ByteBuffer) async throws

    /// Ends the bytes and tells what came. Nothing is visible yet.
    func finish() async throws -> BlobDigest

    /// Makes the finished bytes durable and readable.
    func commit() async throws -> BlobReference

    /// Drops the bytes. Harmless after a commit, or twice.
    func abort() async
}

/// Stored bytes, open for reading. Reads may run at once.
public protocol BlobReader: Sendable {
    /// Size in bytes.
    var size: Int64 { get }

    /// At most `maximumLength` bytes from `offset`; empty only at the end.
    func read(at offset: Int64, maximumLength: Int) async throws -> ByteBuffer

    /// Lets go of the bytes. Harmless twice.
    func close() async
}

/// A reader whose bytes are a file of this machine: apps can be given a clone instead of a copy.
public protocol LocalBlobReader: BlobReader {
    /// The file. Never to be changed, moved or given away.
    var localPath: String { get }
}

/// What bytes came.
public struct BlobDigest: Sendable, Hashable {
    /// Size in bytes.
    public var size: Int64
    /// SHA-256, lower-case hexadecimal.
    public var sha256: String

    /// A digest.
    public init(size: Int64, sha256: String) {
        self.size = size
        self.sha256 = sha256
    }
}

/// Where stored bytes are and what they are.
public struct BlobReference: Sendable, Hashable {
    /// The store's key.
    public var key: String
    /// What bytes they are.
    public var digest: BlobDigest

    /// A reference.
    public init(key: String, digest: BlobDigest) {
        self.key = key
        self.digest = digest
    }
}
