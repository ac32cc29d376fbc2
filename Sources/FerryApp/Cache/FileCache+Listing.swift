// SPDX-License-Identifier: Apache-2.0

public import FerryWire
import NIOPosix

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Bytes in the cache's folder.
struct CacheContent: Sendable {
    /// SHA-256, or the path below the root for a file of the official libraries.
    var name: String
    var path: String
    var size: Int64
    /// Bytes on the disk.
    var allocated: Int64
    /// When it was used last, in microseconds since 1970.
    var used: Int64
    var isOfficial = false
}

/// A file in the cache.
public struct CacheEntry: Sendable, Hashable {
    /// Its path.
    public var path: String
    /// The name it goes by.
    public var filename: String
    /// Bytes.
    public var size: Int64
    /// The media type; nil if nobody wrote it down.
    public var contentType: String?
    /// SHA-256 in hexadecimal; nil for files of the official libraries.
    public var sha256: String?
    /// Where it came from, without a query; nil if nobody wrote it down.
    public var source: String?
    /// When it was used last.
    public var lastUsed: Timestamp
    /// Whether the official libraries put it there.
    public var isOfficial: Bool
}

/// What a look at all bytes found.
public struct CacheCheck: Sendable, Hashable {
    /// Files that are as they should be.
    public var sound = 0
    /// Bytes of those.
    public var bytes: Int64 = 0
    /// SHA-256 of the files whose bytes differ; they have been removed unless somebody uses them.
    public var damaged: [String] = []
}

extension FileCache {
    /// All files, the latest used first; those of the official libraries in the same folder too.
    ///
    /// One that is known by several addresses is told once for each.
    public func entries() async throws -> [CacheEntry] {
        try await threads.runIfActive { [self] in
            let isThere = try folder.check()
            var records: [String: [CacheRecord]] = [:]
            for key in isThere ? CacheFolder.names(folder.known) : [] {
                if let record = record(key) { records[record.sha256, default: []].append(record) }
            }
            var entries: [CacheEntry] = []
            for content in isThere ? contents() : [] {
                let used = Timestamp(microseconds: content.used)
                let own = records[content.name] ?? []
                for record in own {
                    let named = "\(folder.folder(content.name))/as/\(record.filename)"
                    entries.append(
                        CacheEntry(
                            path: FileFacts(path: named) == nil ? content.path : named, filename: record.filename,
                            size: content.size, contentType: record.contentType, sha256: content.name,
                            source: record.shown, lastUsed: used, isOfficial: false))
                }
                if own.isEmpty {
                    entries.append(
                        CacheEntry(
                            path: content.path, filename: "data", size: content.size, contentType: nil,
                            sha256: content.name, source: nil, lastUsed: used, isOfficial: false))
                }
            }
            for file in officialFiles() {
                let name = file.name.split(separator: "/").last.map(String.init) ?? file.name
                entries.append(
                    CacheEntry(
                        path: file.path, filename: name, size: file.size,
                        contentType: MediaType(filename: name)?.description, sha256: nil, source: nil,
                        lastUsed: Timestamp(microseconds: file.used), isOfficial: true))
            }
            return entries.sorted { ($0.lastUsed, $1.path) > ($1.lastUsed, $0.path) }
        }
    }

    /// Reads every byte that is kept and compares it with its digest. Takes as long as reading takes.
    public func verify() async throws -> CacheCheck {
        let contents = try await threads.runIfActive { [self] in try folder.check() ? self.contents() : [] }
        var check = CacheCheck()
        for content in contents {
            try Task.checkCancellation()
            switch try await state(of: content.name) {
            case .sound:
                check.sound += 1
                check.bytes += content.size
            case .damaged: check.damaged.append(content.name)
            case .gone: break
            }
        }
        return check
    }

    private enum ContentState: Sendable {
        case sound
        case damaged
        /// Evicted while others were read.
        case gone
    }

    /// Reads stored bytes, and removes them if they are not what they should be.
    private func state(of sha256: String) async throws -> ContentState {
        let isSound = try await threads.runIfActive { [folder] in
            try folder.lease(sha256, size: nil, rehashing: true) != nil
        }
        if isSound { return .sound }
        // Whoever stores or evicts them locks them too, for a moment; with this lock nobody does.
        let lock = try await CacheLock.wait(folder.lock(sha256), on: threads)
        defer { lock.release() }
        return try await threads.runIfActive { [folder] in
            guard FileFacts(path: folder.data(sha256)) != nil else { return .gone }
            if try folder.lease(sha256, size: nil, rehashing: true) != nil { return .sound }
            _ = try folder.evict(sha256, holding: lock)
            return .damaged
        }
    }

    /// What is kept. Blocks.
    func contents() -> [CacheContent] {
        CacheFolder.names(folder.content).compactMap { name in
            guard CacheFolder.isKey(name), FileFacts(path: folder.folder(name))?.isFolder == true else { return nil }
            let path = folder.data(name)
            guard let facts = FileFacts(path: path), facts.isRegular else { return nil }
            return CacheContent(
                name: name, path: path, size: facts.size, allocated: facts.allocated,
                used: max(facts.used, facts.modified) / 1_000)
        }
    }

    /// What the official libraries keep: `<12 hex>/<name>` and `data_uri/<16 hex>/<name>`. Blocks.
    func officialFiles() -> [CacheContent] {
        func files(_ folder: String, length: Int) -> [CacheContent] {
            CacheFolder.names("\(root)/\(folder)").flatMap { key -> [CacheContent] in
                guard key.utf8.count == length, key.utf8.allSatisfy({ Self.isHexadecimal($0) }),
                    FileFacts(path: "\(root)/\(folder)\(key)")?.isFolder == true
                else { return [] }
                return CacheFolder.names("\(root)/\(folder)\(key)").compactMap { name in
                    let relative = "\(folder)\(key)/\(name)"
                    guard let facts = FileFacts(path: "\(root)/\(relative)"), facts.isRegular else { return nil }
                    return CacheContent(
                        name: relative, path: "\(root)/\(relative)", size: facts.size, allocated: facts.allocated,
                        used: max(facts.used, facts.modified) / 1_000, isOfficial: true)
                }
            }
        }
        // What a link leads to is not theirs.
        let hasInline = FileFacts(path: "\(root)/data_uri")?.isFolder == true
        return files("", length: 12) + (hasInline ? files("data_uri/", length: 16) : [])
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }
}
