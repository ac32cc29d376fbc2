// SPDX-License-Identifier: Apache-2.0

import FerryWire
import NIOCore
import NIOPosix
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A file being downloaded under a temporary name beside its final place.
final class DownloadSink: Sendable {
    private static let newFileMode: mode_t = 0o666

    /// The folder it lies in, for messages and names.
    private let folder: String
    private let temporaryPath: String
    private let descriptor: CInt
    private let threads: NIOThreadPool

    /// Where a download is to go.
    struct Place: Sendable {
        /// The folder.
        var folder: String
        /// The name in it; nil if the server is to name it.
        var name: String?

        /// The place a path names: in it if it is a folder, else exactly there.
        ///
        /// - Throws: ``FerryError`` if there is something else than a regular file, or if `overwrite` is false and
        ///   there is one.
        static func of(_ path: String, overwrite: Bool, on threads: NIOThreadPool) async throws -> Place {
            guard !path.isEmpty, !path.utf8.contains(0) else {
                throw FerryError(.localFileNotFound, "the target path is empty or holds a zero byte")
            }
            return try await threads.runIfActive {
                var status = stat()
                if stat(path, &status) == 0 {
                    if status.st_mode & S_IFMT == S_IFDIR { return Place(folder: path, name: nil) }
                    guard status.st_mode & S_IFMT == S_IFREG else { throw FerryError.notRegular(path) }
                    guard overwrite else { throw FerryError.exists(path) }
                }
                guard let name = path.split(separator: "/", omittingEmptySubsequences: false).last, !name.isEmpty else {
                    throw FerryError(.localFileNotFound, "\(path) is no folder; make it first")
                }
                let folder = path.dropLast(name.count)
                return Place(folder: folder.isEmpty ? "." : String(folder), name: String(name))
            }
        }
    }

    private init(folder: String, threads: NIOThreadPool) throws {
        self.folder = folder
        self.threads = threads
        temporaryPath = Self.join(folder, ".ferry-\(Identifier.random()).part")
        descriptor = open(
            temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, Self.newFileMode)
        guard descriptor >= 0 else { throw FerryError.localFile(errno, "create a file in", folder) }
    }

    deinit { close(descriptor) }

    /// Makes the temporary file.
    static func make(in folder: String, on threads: NIOThreadPool) async throws -> DownloadSink {
        try await threads.runIfActive { try DownloadSink(folder: folder, threads: threads) }
    }

    private static func join(_ folder: String, _ name: String) -> String {
        folder.utf8.last == UInt8(ascii: "/") ? folder + name : "\(folder)/\(name)"
    }

    /// Writes at an offset.
    func write(_ buffer: ByteBuffer, at offset: Int64) async throws {
        try await threads.runIfActive {
            try buffer.withUnsafeReadableBytes { bytes in
                var done = 0
                while done < bytes.count {
                    let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
                    let result = pwrite(self.descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(done))
                    if result < 0, errno == EINTR { continue }
                    guard result > 0 else {
                        throw FerryError.localFile(result == 0 ? ENOSPC : errno, "write into", self.folder)
                    }
                    done += result
                }
            }
        }
    }

    /// Makes the file durable and gives it its name, at once and whole.
    ///
    /// - Returns: the final path.
    /// - Throws: ``FerryError`` (`alreadyExists` if something is there and is not to be replaced).
    func commit(as name: String, overwrite: Bool) async throws -> String {
        try await threads.runIfActive {
            let target = Self.join(self.folder, name)
            guard fsync(self.descriptor) == 0 else { throw FerryError.localFile(errno, "write", target) }
            if overwrite {
                guard rename(self.temporaryPath, target) == 0 else {
                    throw FerryError.localFile(errno, "write", target)
                }
            } else {
                try self.linkWithoutReplacing(target)
            }
            // Without this the name may be gone after a power cut; file systems that cannot do it lose nothing else.
            let folder = open(self.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            if folder >= 0 {
                _ = fsync(folder)
                close(folder)
            }
            return target
        }
    }

    /// A second name that must be new, then the temporary one goes: atomic on every POSIX system.
    private func linkWithoutReplacing(_ target: String) throws {
        if link(temporaryPath, target) == 0 {
            _ = unlink(temporaryPath)
            return
        }
        switch errno {
        case EEXIST: throw FerryError.exists(target)
        case EPERM, EOPNOTSUPP, ENOSYS, EMLINK:
            // No hard links here: claim the name, then replace what was claimed.
            let claim = open(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, Self.newFileMode)
            guard claim >= 0 else {
                throw errno == EEXIST ? FerryError.exists(target) : FerryError.localFile(errno, "write", target)
            }
            close(claim)
            guard rename(temporaryPath, target) == 0 else {
                let number = errno
                _ = unlink(target)
                throw FerryError.localFile(number, "write", target)
            }
        default: throw FerryError.localFile(errno, "write", target)
        }
    }

    /// Removes the temporary file.
    func discard() async throws {
        try await threads.runIfActive { _ = unlink(self.temporaryPath) }
    }
}

extension FerryError {
    fileprivate static func exists(_ path: String) -> FerryError {
        FerryError(.alreadyExists, "\(path) exists already; choose another name or allow overwriting")
    }
}
