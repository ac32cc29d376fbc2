// SPDX-License-Identifier: Apache-2.0

import NIOPosix

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A folder whose content is opened without ever following a link: each part of a way into it is opened in the one
/// before, so that nobody who swaps a part for a link meanwhile leads us out.
final class FolderRoot: Sendable {
    /// What stands in a folder.
    enum Kind: Sendable {
        case regular, folder, link, other
    }

    /// The folder as it was named.
    let path: String
    /// The folder with every link resolved.
    private let resolved: String
    private let descriptor: CInt

    private init(_ path: String) throws {
        self.path = path
        descriptor = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw LocalInput.failure(errno, "open the folder", path) }
        guard let pointer = realpath(path, nil) else {
            let number = errno
            close(descriptor)
            throw LocalInput.failure(number, "open the folder", path)
        }
        defer { free(pointer) }
        resolved = String(cString: pointer)
    }

    deinit { close(descriptor) }

    /// Opens a folder; a link to one that a person named is followed.
    ///
    /// - Throws: ``CommandFailure``.
    static func opening(_ path: String) async throws -> FolderRoot {
        try await NIOThreadPool.singleton.runIfActive { try FolderRoot(path) }
    }

    /// A name in a folder.
    struct Name: Sendable {
        /// The name; repaired if it is not UTF-8.
        var text: String
        /// Whether it is UTF-8.
        var isText: Bool
        /// What has it.
        var kind: Kind
    }

    /// What is in a folder, in the order of the names' bytes.
    ///
    /// - Parameters:
    ///   - way: the folder's way from here; empty for this folder itself.
    ///   - maximumCount: most names.
    /// - Throws: ``CommandFailure``.
    func names(in way: [String], upTo maximumCount: Int) async throws -> [Name] {
        try await NIOThreadPool.singleton.runIfActive {
            let folder = try self.open(way, O_RDONLY | O_DIRECTORY)
            guard let stream = fdopendir(folder) else {
                let number = errno
                close(folder)
                throw LocalInput.failure(number, "read the folder", self.shown(way))
            }
            defer { closedir(stream) }
            return try self.names(stream, way, maximumCount)
        }
    }

    private func names(_ stream: OpaquePointer, _ way: [String], _ maximumCount: Int) throws -> [Name] {
        var names: [(bytes: [UInt8], name: Name)] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw LocalInput.failure(errno, "read the folder", shown(way)) }
                break
            }
            let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard bytes != Array(".".utf8), bytes != Array("..".utf8) else { continue }
            guard names.count < maximumCount else {
                throw CommandFailure(
                    .limitExceeded, "\(shown(way)) holds more than \(maximumCount) names; upload its parts one by one")
            }
            var status = stat()
            let isThere = (bytes + [0]).withUnsafeBytes { buffer in
                let name = buffer.bindMemory(to: CChar.self).baseAddress
                return name.map { fstatat(dirfd(stream), $0, &status, AT_SYMLINK_NOFOLLOW) == 0 } ?? false
            }
            // What went away meanwhile was not there.
            guard isThere else { continue }
            let text = String(validating: bytes, as: UTF8.self)
            let name = Name(
                text: text ?? String(decoding: bytes, as: UTF8.self), isText: text != nil, kind: Self.kind(status))
            names.append((bytes, name))
        }
        return names.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }.map(\.name)
    }

    private static func kind(_ status: stat) -> Kind {
        switch status.st_mode & S_IFMT {
        case S_IFREG: .regular
        case S_IFDIR: .folder
        case S_IFLNK: .link
        default: .other
        }
    }

    /// The way to the regular file that a link in here leads to; nil if it leads out, to something else or nowhere.
    func target(ofLink way: [String]) async throws -> [String]? {
        try await NIOThreadPool.singleton.runIfActive {
            guard let pointer = realpath(self.resolved + "/" + way.joined(separator: "/"), nil) else { return nil }
            defer { free(pointer) }
            let target = String(cString: pointer)
            let prefix = self.resolved == "/" ? "/" : self.resolved + "/"
            var status = stat()
            guard target.utf8.starts(with: prefix.utf8), lstat(target, &status) == 0,
                status.st_mode & S_IFMT == S_IFREG
            else { return nil }
            return target.utf8.dropFirst(prefix.utf8.count).split(separator: UInt8(ascii: "/")).map {
                String(decoding: $0, as: UTF8.self)
            }
        }
    }

    /// Opens a file in here and runs the body with a path by which that very file, and no other, can be opened again
    /// while the body runs.
    ///
    /// - Throws: ``CommandFailure``, and what the body throws.
    func withFile<Success: Sendable>(
        _ way: [String], _ body: (String) async throws -> Success
    ) async throws -> Success {
        let file = try await NIOThreadPool.singleton.runIfActive {
            try self.open(way, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        }
        defer { close(file) }
        #if os(Linux)
        return try await body("/proc/self/fd/\(file)")
        #else
        return try await body("/dev/fd/\(file)")
        #endif
    }

    /// A descriptor that the caller closes.
    private func open(_ way: [String], _ flags: CInt) throws -> CInt {
        var current = descriptor
        defer { if current != descriptor { close(current) } }
        for part in way.dropLast() {
            let next = openat(current, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard next >= 0 else { throw failure(errno, way) }
            if current != descriptor { close(current) }
            current = next
        }
        let last = openat(current, way.last ?? ".", flags | O_NOFOLLOW | O_CLOEXEC)
        guard last >= 0 else { throw failure(errno, way) }
        return last
    }

    private func failure(_ number: CInt, _ way: [String]) -> CommandFailure {
        // A link where there was none, which O_NOFOLLOW does not take; ENOTDIR comes of one in a folder's place.
        guard number != ELOOP, number != ENOTDIR else {
            return CommandFailure(.refused, "\(shown(way)) became a symbolic link meanwhile; links are not followed")
        }
        return LocalInput.failure(number, "open", shown(way))
    }

    /// A way as people read it.
    func shown(_ way: [String]) -> String {
        let folder = path.utf8.last == UInt8(ascii: "/") ? path : path + "/"
        return way.isEmpty ? path : folder + way.joined(separator: "/")
    }
}
