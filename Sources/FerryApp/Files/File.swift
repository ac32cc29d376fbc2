// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Synchronization

/// A file: on this machine by its path, or elsewhere by its address.
///
/// A value of this type is a description. Making one touches no disk and no network; what lies at an address is
/// fetched by ``localPath()`` and ``bytes(upTo:)``, once, into a cache that all processes share, and never blocks a
/// thread of Swift's concurrency. Copies of a value share what has been fetched.
///
/// In the input and output types of apps declare properties of type `File`, or `File?` where the file may be left out:
/// an empty string, an empty object and null are an absent file. In JSON a file is its path or address as a string, or
/// `{"uri", "path", "content_type", "size", "filename"}`.
public struct File: Sendable {
    /// Where the bytes come from.
    enum Source: Sendable, Hashable {
        case path(String)
        case address(FileAddress)
    }

    let source: Source
    /// The address told beside a path, if any.
    private let origin: String?
    private var givenContentType: String?
    private var givenFilename: String?
    private var givenSize: Int64?
    private let fetched: Fetched

    /// What was learnt by fetching. Copies share it; it is set once for each fetch.
    private final class Fetched: Sendable {
        let file = Mutex<CachedFile?>(nil)
    }

    init(
        source: Source, origin: String? = nil, contentType: String? = nil, filename: String? = nil, size: Int64? = nil
    ) {
        self.source = source
        self.origin = origin
        givenContentType = contentType
        givenFilename = filename.flatMap { $0.isEmpty ? nil : $0 }
        givenSize = size
        fetched = Fetched()
    }

    /// A file by its path, which need not exist yet.
    ///
    /// - Parameters:
    ///   - path: a relative path is taken from the working directory.
    ///   - contentType: nil derives it from the extension of the file's name.
    ///   - filename: nil takes the last part of the path.
    public init(path: String, contentType: String? = nil, filename: String? = nil) {
        self.init(source: .path(LocalPath.absolute(path)), contentType: contentType, filename: filename)
    }

    /// A file by its path, as ``init(path:contentType:filename:)``.
    public static func from(path: String) -> File { File(path: path) }

    /// A file by its address: http, https, data, inf or inf-files. Nothing is fetched yet.
    ///
    /// - Parameters:
    ///   - contentType: nil takes what the server says, else what the bytes and the name tell.
    ///   - filename: nil takes what the server says, else the last part of the address.
    /// - Throws: ``AppFailure`` (`invalid_input`) for any other text, a path among it.
    public init(uri: String, contentType: String? = nil, filename: String? = nil) throws {
        self.init(source: .address(try FileAddress(uri)), contentType: contentType, filename: filename)
    }

    // MARK: What is known

    private var cached: CachedFile? { fetched.file.withLock { $0 } }

    /// The address; nil if only a path is known.
    public var uri: String? {
        switch source {
        case .path: origin
        case .address(let address): address.text
        }
    }

    /// Where the file lies on this machine. Absolute.
    ///
    /// Give it away only while this value lives: when the last copy is gone, a fetched file may be evicted after a
    /// while.
    ///
    /// - Throws: ``AppFailure`` (`file_not_found`) for an address that was not fetched yet: call ``localPath()`` first.
    public var path: String {
        get throws {
            guard let path = knownPath else {
                throw AppFailure("\(filename) has not been fetched yet; call localPath() first", code: .fileNotFound)
            }
            return path
        }
    }

    private var knownPath: String? {
        switch source {
        case .path(let path): path
        case .address: cached?.path
        }
    }

    /// The media type: what was given, else what was learnt by fetching, else what the name tells; nil if nothing does.
    public var contentType: String? {
        get {
            if let type = givenContentType ?? cached?.contentType { return type }
            if case .address(let address) = source, case .data(let header) = address.kind {
                return header.mediaType.description
            }
            return MediaType(filename: filename)?.description
        }
        set { givenContentType = newValue }
    }

    /// The name people see: what was given, else what was learnt by fetching, else the last part of path or address.
    public var filename: String {
        get {
            if let name = givenFilename ?? cached?.filename { return name }
            switch source {
            case .path(let path): return LocalPath.last(path) ?? Filename.fallback
            case .address(let address): return address.filename
            }
        }
        set { givenFilename = newValue }
    }

    /// Bytes: of the file that lies there now, else as given; nil if neither is known.
    public var size: Int64? {
        switch source {
        case .path(let path):
            guard let facts = FileFacts(following: path), facts.isRegular else { return nil }
            return facts.size
        case .address: return cached?.size ?? givenSize
        }
    }

    /// Whether a regular file lies on this machine now. For an address: whether it has been fetched.
    public func exists() -> Bool {
        guard let path = knownPath else { return false }
        return FileFacts(following: path)?.isRegular ?? false
    }

    // MARK: What is done

    /// The path of a regular file with the bytes, fetched if need be. Read-only if it was fetched.
    ///
    /// - Throws: ``AppFailure`` (`file_not_found`, and the other codes of files) and `CancellationError`.
    public func localPath() async throws -> String {
        switch source {
        case .path(let path):
            let isThere = try await FileAccess.onThreads { FileFacts(following: path)?.isRegular ?? false }
            guard isThere else { throw AppFailure("\(filename) does not exist", code: .fileNotFound) }
            return path
        case .address(let address):
            if let cached { return cached.path }
            return try await fetch(address, revalidating: false).path
        }
    }

    /// The bytes, fetched if need be.
    ///
    /// - Parameter limit: most bytes; 64 MiB unless told. For larger files read ``localPath()`` piece by piece.
    /// - Throws: ``AppFailure`` (`file_too_large`, and as ``localPath()``) and `CancellationError`.
    public func bytes(upTo limit: Int = 64 << 20) async throws -> [UInt8] {
        let path = try await localPath()
        let name = filename
        return try await FileAccess.onThreads { try FileReading.bytes(path, upTo: limit, name: name) }
    }

    /// Forgets what was given and learns all of it anew: a fetched file is asked for at its server and fetched again
    /// if it changed; of a local one the first bytes are read.
    ///
    /// - Throws: as ``localPath()``.
    public mutating func refreshMetadata() async throws {
        givenContentType = nil
        givenFilename = nil
        givenSize = nil
        switch source {
        case .path:
            let path = try await localPath()
            let name = filename
            givenContentType = try await FileAccess.onThreads {
                let (head, isWhole) = try FileReading.head(path, MediaType.headLength, name: name)
                return MediaType.detect(head: head, filename: name, isWhole: isWhole)
            }
        case .address(let address): _ = try await fetch(address, revalidating: true)
        }
    }

    /// Copies the file to a path that must be free; blocks of the disk are shared where that can be done.
    ///
    /// - Throws: ``AppFailure`` (`file_refused` if something is there, and as ``localPath()``).
    public func copy(to target: String) async throws {
        let path = try await localPath()
        let name = filename
        let target = LocalPath.absolute(target)
        try await FileAccess.onThreads { try FileReading.copy(path, to: target, name: name) }
    }

    private func fetch(_ address: FileAddress, revalidating: Bool) async throws -> CachedFile {
        let file = try await FileAccess.cache.file(address.text, revalidating: revalidating)
        fetched.file.withLock { $0 = file }
        return file
    }
}

extension File: Hashable {
    /// Whether both describe the same file with the same words; what was learnt by fetching does not count.
    public static func == (lhs: File, rhs: File) -> Bool { lhs.identity == rhs.identity }

    public func hash(into hasher: inout Hasher) { hasher.combine(identity) }

    private struct Identity: Hashable {
        var source: Source
        var origin: String?
        var contentType: String?
        var filename: String?
    }

    private var identity: Identity {
        Identity(source: source, origin: origin, contentType: givenContentType, filename: givenFilename)
    }
}
