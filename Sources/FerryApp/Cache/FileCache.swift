// SPDX-License-Identifier: Apache-2.0

package import FerryClient
import FerryWire
import NIOPosix
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Files fetched from addresses, kept on the disk and shared by all processes that use the same folder.
///
/// A file is fetched once, however many ask for it at once and from how many processes. What is kept is whole: length
/// and digest were right, and it was made durable before it got its name. Bytes are kept by what they are, so one
/// address signed anew, or two addresses of the same bytes, take their room once. What is no longer fresh is asked for
/// at the server by its validators, and fetched only if it changed.
///
/// The folder is that of the official libraries, which are not disturbed: everything lies in `ferry` within it, which
/// is this user's alone. Where that is a link or somebody else's, every call fails (`file_storage`).
public struct FileCache: Sendable {
    /// The folder, with that of the official libraries: `$FILE_CACHE_DIR`, else `~/.cache/inferencesh/files`. Empty if
    /// neither that variable nor `HOME` is set; then every call fails (`file_storage`).
    public let root: String
    /// What the cache may take.
    public let limits: FileCacheLimits

    let folder: CacheFolder
    let fetcher: any FileFetching
    let ferry: @Sendable () throws -> FerryConfiguration
    /// Microseconds since 1970.
    let now: @Sendable () -> Int64
    let threads = NIOThreadPool.singleton
    let upkeep = UpkeepClock()

    /// A cache in a folder.
    ///
    /// - Parameters:
    ///   - root: nil for the folder that the environment names.
    ///   - limits: what it may take.
    ///   - allowedOrigins: origins (`http://127.0.0.1:8787`) that may be asked although they are not public.
    public init(root: String? = nil, limits: FileCacheLimits = FileCacheLimits(), allowedOrigins: [String] = []) {
        self.init(
            root: root, limits: limits,
            fetcher: GuardedFileFetching(origins: allowedOrigins, maximumSize: limits.maximumFileSize))
    }

    /// A cache that fetches by other means.
    ///
    /// - Parameters:
    ///   - ferry: the client by which `inf://` addresses are resolved; asked for when one is.
    ///   - now: microseconds since 1970.
    package init(
        root: String?, limits: FileCacheLimits, fetcher: any FileFetching,
        ferry: @escaping @Sendable () throws -> FerryConfiguration = FerryConfiguration.fromEnvironment,
        now: (@Sendable () -> Int64)? = nil
    ) {
        self.root = root.map(LocalPath.absolute) ?? Self.environmentRoot()
        self.limits = limits
        self.fetcher = fetcher
        self.ferry = ferry
        self.now = now ?? { Self.systemTime() }
        folder = CacheFolder(root: self.root)
    }

    /// The file at an address; fetched if it is not there or no longer what the server has.
    ///
    /// - Parameters:
    ///   - uri: http, https, data, inf or inf-files.
    ///   - revalidating: whether the server is asked even if what is there is fresh.
    /// - Throws: ``AppFailure`` (`invalid_input`, and the codes of files) and `CancellationError`.
    public func file(_ uri: String, revalidating: Bool = false) async throws -> CachedFile {
        let request = try Request(FileAddress(uri), self)
        if !revalidating, let hit = try await lookup(request) { return hit }
        return try await locked(request.key) {
            if let hit = try await lookup(request, isNew: revalidating) { return hit }
            switch request.address.kind {
            case .web: return try await fetchWeb(request)
            case .data(let header): return try await decode(request, header)
            case .stored(let uri): return try await fetchStored(request, uri)
            }
        }
    }

    /// One call for a file.
    struct Request: Sendable {
        let address: FileAddress
        let key: String
        let variant: String
        /// When the call began, in microseconds since 1970.
        let since: Int64
        /// By what an `inf://` address is resolved; nil for any other.
        let configuration: FerryConfiguration?

        init(_ address: FileAddress, _ cache: FileCache) throws {
            self.address = address
            variant = address.variant
            since = cache.now()
            var configuration: FerryConfiguration?
            if case .stored = address.kind { configuration = try cache.configuration() }
            self.configuration = configuration
            key = address.key(base: configuration?.baseURL ?? "", apiKey: configuration?.apiKey?.secret ?? "")
        }
    }

    /// The configuration for `inf://`.
    func configuration() throws -> FerryConfiguration {
        do {
            return try ferry()
        } catch {
            throw AppFailure(
                "inf:// files need a configured server; set INFERENCE_BASE_URL and INFERENCE_API_KEY",
                code: .fileRefused, cause: error)
        }
    }

    /// Runs the body while nobody else works on the same address.
    func locked<Success: Sendable>(_ key: String, _ body: () async throws -> Success) async throws -> Success {
        try await threads.runIfActive { [folder] in try folder.make() }
        let lock = try await CacheLock.wait(folder.lock(key), on: threads)
        defer { lock.release() }
        return try await body()
    }

    /// What is there and fresh.
    ///
    /// - Parameter isNew: whether only what was learnt after the call began will do.
    private func lookup(_ request: Request, isNew: Bool = false) async throws -> CachedFile? {
        let time = now()
        return try await threads.runIfActive { [self] in
            guard try folder.check(), let record = record(request.key),
                record.isFresh(variant: request.variant, now: time, since: request.since),
                !isNew || record.freshFor == nil || record.validated >= request.since
            else { return nil }
            return try open(record, wasCached: true)
        }
    }

    /// What is known of an address. Blocks.
    func record(_ key: String) -> CacheRecord? {
        CacheFolder.read(folder.record(key), upTo: 64 << 10).flatMap { CacheRecord($0) }
    }

    /// The file of a record, if its bytes are there. Blocks.
    func open(_ record: CacheRecord, wasCached: Bool) throws -> CachedFile? {
        guard let lease = try folder.lease(record.sha256, size: record.size) else { return nil }
        return try file(of: record, lease, wasCached: wasCached)
    }

    private func file(of record: CacheRecord, _ lease: ContentLease, wasCached: Bool) throws -> CachedFile {
        CachedFile(
            path: try folder.path(record.sha256, named: record.filename, lease), size: record.size,
            contentType: record.contentType, filename: record.filename, sha256: record.sha256, wasCached: wasCached,
            lease: lease)
    }

    /// Stores whole bytes and what is known of them.
    func commit(_ part: PartFile, _ record: CacheRecord, key: String) async throws -> CachedFile {
        let content = try await CacheLock.wait(folder.lock(record.sha256), on: threads)
        defer { content.release() }
        let file = try await threads.runIfActive { [self] in
            let lease = try folder.commit(part, record.sha256)
            let file = try self.file(of: record, lease, wasCached: false)
            try keep(record, key: key)
            return file
        }
        content.release()
        await makeRoom(added: record.size)
        return file
    }

    /// Runs the body with a new part. It is gone when this returns unless it was committed, even if a thread that
    /// wrote to it still holds it.
    func withPart<Success>(_ body: (PartFile) async throws -> Success) async throws -> Success {
        let part = try await threads.runIfActive { [folder] in try PartFile(in: folder) }
        defer { part.remove() }
        return try await body(part)
    }

    /// Writes down what is known of an address. Blocks.
    func keep(_ record: CacheRecord, key: String) throws {
        try folder.write(record.bytes, to: folder.record(key))
        CacheFolder.synchronize(folder.known)
    }

    /// The folder that variables of the environment name; empty if they name none.
    static func environmentRoot(_ variable: (_ name: String) -> String? = Self.variable) -> String {
        func value(_ name: String) -> String? { variable(name).flatMap { $0.isEmpty ? nil : $0 } }
        if let path = value("FILE_CACHE_DIR") { return LocalPath.absolute(path) }
        return value("HOME").map { "\(LocalPath.absolute($0))/.cache/inferencesh/files" } ?? ""
    }

    private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    private static func systemTime() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}
