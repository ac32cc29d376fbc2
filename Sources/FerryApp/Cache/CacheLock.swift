// SPDX-License-Identifier: Apache-2.0

import NIOPosix
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// An advisory lock on a file (`flock`), kept until it is released, goes out of scope, or the process dies, however it
/// dies. Two locks of one process exclude each other like those of two.
final class CacheLock: Sendable {
    private let raw: Mutex<CInt>

    /// Takes an open descriptor whose lock, if any, ends with it.
    init(owning descriptor: CInt) { raw = Mutex(descriptor) }

    deinit { release() }

    /// The open file; -1 once released.
    var descriptor: CInt { raw.withLock { $0 } }

    /// Lets go. The second time does nothing.
    func release() {
        raw.withLock { descriptor in
            if descriptor >= 0 { close(descriptor) }
            descriptor = -1
        }
    }

    /// Takes the lock on a file of no content, which is made if need be; nil if somebody else has it.
    static func take(_ path: String) throws -> CacheLock? {
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else {
                if errno == EINTR { continue }
                throw AppFailure.storage("open a lock")
            }
            let lock = CacheLock(owning: descriptor)
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                if errno == EINTR { continue }
                if errno == EWOULDBLOCK { return nil }
                throw AppFailure.storage("take a lock")
            }
            // Whoever prunes removes locks while holding them: then this one is of a file that is no more.
            if FileFacts(of: descriptor)?.hasName == true { return lock }
        }
    }

    /// Takes the lock, waiting for whoever has it.
    ///
    /// There is no end to the wait but cancellation: a process that has the lock is at work or gone.
    static func wait(_ path: String, on threads: NIOThreadPool) async throws -> CacheLock {
        var pause = Duration.milliseconds(4)
        while true {
            if let lock = try await threads.runIfActive({ try take(path) }) { return lock }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(100))
        }
    }
}

/// What the system tells of a file.
struct FileFacts: Sendable, Hashable {
    var size: Int64
    /// Nanoseconds since 1970.
    var modified: Int64
    /// Nanoseconds since 1970.
    var used: Int64
    /// Bytes it takes on the disk.
    var allocated: Int64
    var device: UInt64
    var number: UInt64
    /// Names it goes by.
    var links: UInt64
    /// The user it belongs to.
    var owner: UInt32
    /// Whether its group or everybody may write to it.
    var isWritableByOthers: Bool
    var isRegular: Bool
    var isFolder: Bool

    /// Of an open file.
    init?(of descriptor: CInt) {
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { return nil }
        self.init(facts)
    }

    /// Of what lies at a path; a link itself, not what it leads to.
    init?(path: String) {
        var facts = stat()
        guard lstat(path, &facts) == 0 else { return nil }
        self.init(facts)
    }

    /// Of what a path leads to in the end.
    init?(following path: String) {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return nil }
        self.init(facts)
    }

    private init(_ facts: stat) {
        func nanoseconds(_ time: timespec) -> Int64 { Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec) }
        #if canImport(Darwin)
        (modified, used) = (nanoseconds(facts.st_mtimespec), nanoseconds(facts.st_atimespec))
        #else
        (modified, used) = (nanoseconds(facts.st_mtim), nanoseconds(facts.st_atim))
        #endif
        size = Int64(facts.st_size)
        allocated = Int64(facts.st_blocks) * 512
        device = UInt64(truncatingIfNeeded: facts.st_dev)
        number = UInt64(facts.st_ino)
        links = UInt64(facts.st_nlink)
        owner = UInt32(facts.st_uid)
        isWritableByOthers = facts.st_mode & (S_IWGRP | S_IWOTH) != 0
        isRegular = facts.st_mode & S_IFMT == S_IFREG
        isFolder = facts.st_mode & S_IFMT == S_IFDIR
    }

    /// Whether a name is left of it.
    var hasName: Bool { links > 0 }

    /// Whether both are the same file.
    func isSame(as other: FileFacts) -> Bool { device == other.device && number == other.number }
}
