// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// An advisory lock on a file (`flock`), kept until it goes out of scope or the process dies, however it dies.
final class FileLock: Sendable {
    enum Mode { case shared, exclusive }

    let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Takes the lock if it is free; nil if somebody else has it.
    static func take(_ path: String, _ mode: Mode) throws(LocalFailure) -> FileLock? {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw LocalFailure.system("cannot open \(path)") }
        let lock = FileLock(descriptor: descriptor)
        if flock(descriptor, (mode == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 { return lock }
        guard errno == EWOULDBLOCK || errno == EINTR else { throw LocalFailure.system("cannot lock \(path)") }
        return nil
    }

    /// Takes the lock, waiting for those who have it for up to `timeout`.
    static func wait(_ path: String, _ mode: Mode, timeout: Duration) async throws -> FileLock {
        let deadline = ContinuousClock.now + timeout
        while true {
            if let lock = try take(path, mode) { return lock }
            guard ContinuousClock.now < deadline else {
                throw LocalFailure("\(path) is locked by another command; wait for it to end, or stop it")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
