// SPDX-License-Identifier: Apache-2.0

import NIOPosix

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Folders and paths of this machine.
enum LocalFolder {
    /// Whether there is a folder.
    static func exists(_ path: String) async throws -> Bool {
        try await NIOThreadPool.singleton.runIfActive {
            var status = stat()
            return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        }
    }

    /// Makes a folder, and those above it, where they are missing.
    ///
    /// - Throws: ``CommandFailure``.
    static func make(_ path: String) async throws {
        try await NIOThreadPool.singleton.runIfActive {
            var made = path.utf8.first == UInt8(ascii: "/") ? "/" : ""
            for part in parts(path) {
                made += part
                if mkdir(made, 0o777) != 0, errno != EEXIST { throw LocalInput.failure(errno, "make the folder", made) }
                made += "/"
            }
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                throw CommandFailure(.refused, "\(path) is no folder; give another one")
            }
        }
    }

    /// The names that a path goes through. By bytes: a slash with a combining mark is one character, yet divides.
    static func parts(_ path: String) -> [String] {
        path.utf8.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The working directory.
    ///
    /// - Throws: ``CommandFailure``.
    static func current() throws -> String {
        guard let path = getcwd(nil, 0) else { throw LocalInput.failure(errno, "find", "the working directory") }
        defer { free(path) }
        return String(cString: path)
    }

    /// The absolute form of a path, without `.` components; links are left as they are.
    static func absolute(_ path: String) throws -> String {
        let whole = path.utf8.first == UInt8(ascii: "/") ? path : "\(try current())/\(path)"
        return "/" + parts(whole).filter { $0 != "." }.joined(separator: "/")
    }
}
