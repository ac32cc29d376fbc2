// SPDX-License-Identifier: Apache-2.0

internal import Crypto
public import FerryServerCore
internal import FerryWire
internal import NIOCore
internal import Synchronization

/// Bytes in memory, for tests. Keys are random; equal bytes are stored as often as they come.
public final class InMemoryBlobStore: BlobStore {
    private struct State {
        var blobs: [String: ByteBuffer] = [:]
        /// Bytes of uploads under way, by a number of their own.
        var uploads: [Int: Int64] = [:]
        var nextUpload = 0

        var size: Int64 { blobs.values.reduce(0) { $0 + Int64($1.readableBytes) } + uploads.values.reduce(0, +) }
    }

    /// Most bytes it holds, uploads under way included; beyond, it is full.
    public let capacity: Int64
    private let state = Mutex(State())

    /// An empty store; without limit unless told.
    public init(capacity: Int64 = .max) { self.capacity = capacity }

    public func begin(team: String, expectedSize: Int64?) async throws -> any BlobWriter {
        try Task.checkCancellation()
        return try state.withLock { state in
            guard state.size <= capacity - (expectedSize ?? 0) else { throw Self.full }
            state.nextUpload += 1
            state.uploads[state.nextUpload] = 0
            return InMemoryBlobWriter(store: self, upload: state.nextUpload, team: team)
        }
    }

    public func open(_ key: String) async throws -> (any BlobReader)? {
        try Task.checkCancellation()
        return state.withLock { $0.blobs[key] }.map(InMemoryBlobReader.init(bytes:))
    }

    public func remove(_ key: String) async throws {
        try Task.checkCancellation()
        state.withLock { $0.blobs[key] = nil }
    }

    public func removeAbandoned() async throws -> Int {
        state.withLock { state in
            defer { state.uploads = [:] }
            return state.uploads.count
        }
    }

    public func keys(after: String?, limit: Int) async throws -> [String] {
        try Task.checkCancellation()
        let keys = state.withLock { Array($0.blobs.keys) }.sorted()
        return Array(keys.filter { key in after.map { $0 < key } ?? true }.prefix(max(limit, 0)))
    }

    /// Uploads that neither committed nor aborted.
    public var uploadCount: Int { state.withLock { $0.uploads.count } }

    /// Bytes held, uploads under way included.
    public var size: Int64 { state.withLock { $0.size } }

    /// Changes one bit of stored bytes, as an ageing disk might; false if there are none.
    @discardableResult
    public func flipBit(of key: String, at index: Int) -> Bool {
        state.withLock { state in
            guard let byte: UInt8 = state.blobs[key]?.getInteger(at: index) else { return false }
            state.blobs[key]?.setInteger(byte ^ 1, at: index)
            return true
        }
    }

    private static let full = ServerError(.storageFull, "the store is full; delete something")

    fileprivate func grow(_ upload: Int, by count: Int) throws(ServerError) {
        let isFull = state.withLock { state in
            guard let size = state.uploads[upload], state.size + Int64(count) <= capacity else { return true }
            state.uploads[upload] = size + Int64(count)
            return false
        }
        if isFull { throw Self.full }
    }

    fileprivate func end(_ upload: Int, storing bytes: ByteBuffer?, as key: String) {
        state.withLock { state in
            state.uploads[upload] = nil
            if let bytes { state.blobs[key] = bytes }
        }
    }
}

private final class InMemoryBlobWriter: BlobWriter {
    private struct State {
        var bytes = ByteBuffer()
        var digest: BlobDigest?
        var reference: BlobReference?
        var isDropped = false
    }

    private let store: InMemoryBlobStore
    private let upload: Int
    private let team: String
    private let state = Mutex(State())

    init(store: InMemoryBlobStore, upload: Int, team: String) {
        self.store = store
        self.upload = upload
        self.team = team
    }

    private static let misuse = ServerError(.internalError, "a writer was used after its end")

    func write(_ bytes: ByteBuffer) async throws {
        try Task.checkCancellation()
        try state.withLock { state in
            guard state.digest == nil, !state.isDropped else { throw Self.misuse }
            try store.grow(upload, by: bytes.readableBytes)
            state.bytes.writeImmutableBuffer(bytes)
        }
    }

    func finish() async throws -> BlobDigest {
        try Task.checkCancellation()
        return try state.withLock { state in
            guard !state.isDropped else { throw Self.misuse }
            if let digest = state.digest { return digest }
            let sha256 = state.bytes.withUnsafeReadableBytes { SHA256.hash(data: $0) }.hexadecimal
            let digest = BlobDigest(size: Int64(state.bytes.readableBytes), sha256: sha256)
            state.digest = digest
            return digest
        }
    }

    func commit() async throws -> BlobReference {
        try Task.checkCancellation()
        return try state.withLock { state in
            if let reference = state.reference { return reference }
            guard let digest = state.digest, !state.isDropped else { throw Self.misuse }
            let reference = BlobReference(key: "\(team)-\(Identifier.random())", digest: digest)
            store.end(upload, storing: state.bytes, as: reference.key)
            state.reference = reference
            return reference
        }
    }

    func abort() async {
        state.withLock { state in
            guard state.reference == nil, !state.isDropped else { return }
            state.isDropped = true
            state.bytes = ByteBuffer()
            store.end(upload, storing: nil, as: "")
        }
    }
}

private final class InMemoryBlobReader: BlobReader {
    let size: Int64
    private let bytes: Mutex<ByteBuffer?>

    init(bytes: ByteBuffer) {
        size = Int64(bytes.readableBytes)
        self.bytes = Mutex(bytes)
    }

    func read(at offset: Int64, maximumLength: Int) async throws -> ByteBuffer {
        try Task.checkCancellation()
        guard let bytes = bytes.withLock({ $0 }), offset >= 0 else {
            throw ServerError(.internalError, "a read after the close or before the beginning")
        }
        let length = min(Int64(maximumLength), size - offset)
        guard length > 0 else { return ByteBuffer() }
        return bytes.getSlice(at: bytes.readerIndex + Int(offset), length: Int(length)) ?? ByteBuffer()
    }

    func close() async { bytes.withLock { $0 = nil } }
}
