// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The cache's folders on the disk. Every call blocks: run it on a thread that may.
///
/// ```
/// <root>/                          the official library's; its files are never touched unasked
///   ferry/known/<key>              what is known of an address
///   ferry/content/<sha256>/data    the bytes, read-only
///                         /facts   their size and time, to notice whoever writes into them
///                         /as/     the same file under the names it goes by
///   ferry/locks/<key>              one for each address or content being worked on
///   ferry/parts/                   what is not whole yet, locked while somebody works on it
/// ```
///
/// The root may be anybody's and may be a link; `ferry` and what is in it are real folders of this user, to which nobody
/// else may write. Where they are not, nothing is done.
struct CacheFolder: Sendable, Hashable {
    /// The folder shared with the official library. Absolute; empty if there is none.
    let root: String

    var home: String { "\(root)/ferry" }
    var known: String { "\(home)/known" }
    var content: String { "\(home)/content" }
    var locks: String { "\(home)/locks" }
    var parts: String { "\(home)/parts" }

    func record(_ key: String) -> String { "\(known)/\(key)" }
    func lock(_ key: String) -> String { "\(locks)/\(key)" }
    func folder(_ sha256: String) -> String { "\(content)/\(sha256)" }

    /// Whether a text is a SHA-256 in lower-case hexadecimal, and so safe in a path.
    static func isKey(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// Whether a text is the name of something in a folder.
    static func isName(_ text: String) -> Bool {
        let bytes = text.utf8
        return (1...255).contains(bytes.count) && text != "." && text != ".." && !bytes.contains(0x2F)
            && !bytes.contains(0)
    }

    /// Makes the folders that are missing. Those of the cache are its owner's alone.
    ///
    /// - Throws: ``AppFailure`` (`file_storage`) if one cannot be made or belongs to somebody else.
    func make() throws {
        guard !root.isEmpty else { throw Self.homeless }
        var made = ""
        for part in root.utf8.split(separator: UInt8(ascii: "/")) {
            made += "/" + String(decoding: part, as: UTF8.self)
            try Self.makeFolder(made, 0o777)
        }
        for path in layout {
            try Self.makeFolder(path, 0o700)
            // Before anything is made in it.
            guard try isOwn(path) else { throw AppFailure.storage("make a folder", ENOENT) }
        }
    }

    static func makeFolder(_ path: String, _ mode: mode_t) throws {
        if mkdir(path, mode) == 0 || errno == EEXIST { return }
        // Folders above ours may be unwritable and there all the same.
        let number = errno
        if FileFacts(following: path)?.isFolder == true { return }
        throw AppFailure.storage("make a folder", number)
    }

    /// The names in a folder but `.` and `..`, hidden ones too; none if there is no such folder.
    static func names(_ path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard let name = String(validating: bytes, as: UTF8.self), name != ".", name != ".." else { continue }
            names.append(name)
        }
        return names.sorted()
    }

    /// A small file's bytes; nil if there is none, or it is no regular file or larger than the limit.
    static func read(_ path: String, upTo limit: Int) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard let facts = FileFacts(of: descriptor), facts.isRegular, facts.size <= Int64(limit) else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(facts.size))
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                systemRead(descriptor, UnsafeMutableRawBufferPointer(rebasing: $0[done...]), Int64(done))
            }
            guard count > 0 else { return nil }
            done += count
        }
        return bytes
    }

    /// Replaces a small file at once and durably.
    func write(_ bytes: [UInt8], to path: String) throws {
        let temporary = "\(parts)/\(Self.uniqueName())"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw AppFailure.storage("make a file") }
        defer { close(descriptor) }
        do {
            try Self.writeAll(bytes, descriptor, at: 0)
            guard fsync(descriptor) == 0 else { throw AppFailure.storage("write a file") }
            guard rename(temporary, path) == 0 else { throw AppFailure.storage("name a file") }
        } catch {
            _ = unlink(temporary)
            throw error
        }
    }

    static func writeAll(_ bytes: some ContiguousBytesLike, _ descriptor: CInt, at offset: Int64) throws {
        try bytes.withBytes { buffer in
            var done = 0
            while done < buffer.count {
                let rest = UnsafeRawBufferPointer(rebasing: buffer[done...])
                let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(done))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw AppFailure.storage("write bytes", count == 0 ? ENOSPC : errno) }
                done += count
            }
        }
    }

    /// Makes a folder's names durable; file systems that cannot do it lose nothing else.
    static func synchronize(_ folder: String) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = fsync(descriptor)
        close(descriptor)
    }

    /// A name that nothing else has.
    static func uniqueName() -> String {
        let random = UInt64.random(in: 0 ... .max)
        return "\(getpid())-\(String(random, radix: 16))"
    }

    /// Bytes that may still be written there; nil if the system does not tell.
    func freeSpace() -> Int64? {
        var facts = statvfs()
        guard statvfs(home, &facts) == 0 else { return nil }
        let (bytes, overflow) = Int64(facts.f_bavail).multipliedReportingOverflow(by: Int64(facts.f_frsize))
        return overflow ? .max : bytes
    }
}

/// Bytes in one piece of memory.
protocol ContiguousBytesLike {
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result
}

extension [UInt8]: ContiguousBytesLike {
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withUnsafeBytes(body)
    }
}

/// `pread`, tried again when a signal comes.
func systemRead(_ descriptor: CInt, _ bytes: UnsafeMutableRawBufferPointer, _ offset: Int64) -> Int {
    while true {
        let count = pread(descriptor, bytes.baseAddress, bytes.count, off_t(offset))
        if count >= 0 || errno != EINTR { return count }
    }
}
