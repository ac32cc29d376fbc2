// SPDX-License-Identifier: Apache-2.0

import Crypto
import FerryWire

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

extension CacheFolder {
    private static let factsLimit = 4096

    /// What is known of stored bytes: enough to notice that somebody wrote into them.
    struct ContentFacts: Sendable, Hashable {
        var size: Int64
        var modified: Int64

        init(size: Int64, modified: Int64) {
            self.size = size
            self.modified = modified
        }

        init?(_ bytes: [UInt8]?) {
            guard let bytes, let json = try? JSONValue(parsing: bytes), let size = json["size"]?.integerValue,
                case .integer(let modified)? = json["modified"]
            else { return nil }
            self.init(size: size, modified: modified)
        }

        var bytes: [UInt8] { JSONValue.object(["size": .integer(size), "modified": .integer(modified)]).serialized() }
    }

    func data(_ sha256: String) -> String { "\(folder(sha256))/data" }
    private func facts(_ sha256: String) -> String { "\(folder(sha256))/facts" }

    /// Takes a lease on stored bytes: while it lasts nobody evicts them. Nil if they are not there or are not what
    /// they should be; then the bytes had better be fetched again.
    ///
    /// - Parameters:
    ///   - size: as the record tells; nil for any.
    ///   - rehashing: whether all bytes are read, whatever size and time say.
    /// - Throws: ``AppFailure`` (`file_storage`), also if the process may open no further file.
    func lease(_ sha256: String, size: Int64?, rehashing: Bool = false) throws -> ContentLease? {
        let descriptor = open(data(sha256), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == EMFILE || errno == ENFILE { throw AppFailure.storage("open a file") }
            return nil
        }
        let lock = CacheLock(owning: descriptor)
        while flock(descriptor, LOCK_SH | LOCK_NB) != 0 {
            // Held alone only by whoever is about to remove it.
            guard errno == EINTR else { return nil }
        }
        guard let found = FileFacts(of: descriptor), found.hasName, found.isRegular,
            size.map({ $0 == found.size }) ?? true
        else { return nil }
        let expected = ContentFacts(Self.read(facts(sha256), upTo: Self.factsLimit))
        let actual = ContentFacts(size: found.size, modified: found.modified)
        guard rehashing || expected != actual else { return .on(lock, found) }
        guard Self.digest(descriptor)?.hexadecimal == sha256 else { return nil }
        if expected != actual { try write(actual.bytes, to: facts(sha256)) }
        return .on(lock, found)
    }

    /// SHA-256 of an open file; nil if it cannot be read.
    static func digest(_ descriptor: CInt) -> [UInt8]? {
        var hasher = SHA256()
        var offset: Int64 = 0
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = buffer.withUnsafeMutableBytes { systemRead(descriptor, $0, offset) }
            if count < 0 { return nil }
            if count == 0 { return Array(hasher.finalize()) }
            buffer.withUnsafeBytes { hasher.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            offset += Int64(count)
        }
    }

    /// The path of leased bytes under a name, made if need be; counts as a use.
    func path(_ sha256: String, named name: String, _ lease: ContentLease) throws -> String {
        // A reader's own time of use may be switched off; this one is set by hand.
        var times = [timespec(tv_sec: 0, tv_nsec: Self.now), timespec(tv_sec: 0, tv_nsec: Self.omit)]
        _ = futimens(lease.descriptor, &times)
        let names = "\(folder(sha256))/as"
        let path = "\(names)/\(name)"
        guard let own = FileFacts(of: lease.descriptor) else { throw AppFailure.storage("inspect a file") }
        if let there = FileFacts(path: path), there.isSame(as: own) { return path }
        try Self.makeFolder(names, 0o700)
        let temporary = "\(parts)/\(Self.uniqueName())"
        if link(data(sha256), temporary) != 0 {
            // No links on this file system, or too many.
            try FileCopy.make(from: lease.descriptor, to: temporary, isLinkable: false, source: nil)
        }
        guard rename(temporary, path) == 0 else {
            let number = errno
            _ = unlink(temporary)
            throw AppFailure.storage("name a file", number)
        }
        // If both are names of one file already, the system leaves both.
        _ = unlink(temporary)
        return path
    }

    #if canImport(Darwin)
    private static let now = Int(UTIME_NOW)
    private static let omit = Int(UTIME_OMIT)
    #else
    // The macros of <sys/stat.h> do not come across.
    private static let now = (1 << 30) - 1
    private static let omit = (1 << 30) - 2
    #endif

    /// Stores whole bytes and takes a lease on them. The caller has the lock of the content.
    func commit(_ part: PartFile, _ sha256: String) throws -> ContentLease {
        let size = part.size
        if let lease = try lease(sha256, size: size) { return lease }
        let descriptor = part.lock.descriptor
        guard fchmod(descriptor, 0o444) == 0, fsync(descriptor) == 0, let found = FileFacts(of: descriptor),
            found.size == size
        else { throw AppFailure.storage("write a file") }
        try Self.makeFolder(folder(sha256), 0o700)
        try write(ContentFacts(size: size, modified: found.modified).bytes, to: facts(sha256))
        guard rename(part.path, data(sha256)) == 0 else { throw AppFailure.storage("name a file") }
        part.committed()
        Self.synchronize(folder(sha256))
        Self.synchronize(content)
        _ = flock(descriptor, LOCK_UN)
        guard let lease = try lease(sha256, size: size) else { throw AppFailure.storage("find a file again", ENOENT) }
        return lease
    }

    /// Removes stored bytes unless somebody has a lease on them or works on them; false then.
    func evict(_ sha256: String) throws -> Bool {
        guard let lock = try CacheLock.take(lock(sha256)) else { return false }
        defer { lock.release() }
        return try evict(sha256, holding: lock)
    }

    /// The same for who has the content's lock already.
    func evict(_ sha256: String, holding _: CacheLock) throws -> Bool {
        let descriptor = open(data(sha256), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        let own = CacheLock(owning: descriptor)
        defer { own.release() }
        if descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) != 0 { return false }
        let folder = folder(sha256)
        if FileFacts(path: "\(folder)/as")?.isFolder == true {
            for name in Self.names("\(folder)/as") { _ = unlink("\(folder)/as/\(name)") }
        }
        _ = rmdir("\(folder)/as")
        for name in ["data", "facts"] { _ = unlink("\(folder)/\(name)") }
        guard rmdir(folder) == 0 || errno == ENOENT else { throw AppFailure.storage("remove a folder") }
        return true
    }
}
