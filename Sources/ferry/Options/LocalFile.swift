// SPDX-License-Identifier: Apache-2.0

import NIOPosix

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Small files that a command makes.
enum LocalFile {
    /// Writes a new file, away from the cooperative threads.
    ///
    /// - Parameter mode: its permissions, less the process's mask.
    /// - Throws: ``CommandFailure``, also if there is something of that name.
    static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o666) async throws {
        try await NIOThreadPool.singleton.runIfActive {
            let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
            guard descriptor >= 0 else {
                guard errno != EEXIST else {
                    throw CommandFailure(.alreadyExists, "\(path) is there already; remove it, or give another place")
                }
                throw LocalInput.failure(errno, "write", path)
            }
            defer { close(descriptor) }
            var done = 0
            while done < bytes.count {
                let count = bytes.withUnsafeBytes {
                    systemWrite(descriptor, $0.baseAddress?.advanced(by: done), bytes.count - done)
                }
                guard count >= 0 || errno == EINTR else { throw LocalInput.failure(errno, "write", path) }
                done += max(0, count)
            }
        }
    }
}

/// `write`, by a name that does not clash with methods.
private func systemWrite(_ descriptor: CInt, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
