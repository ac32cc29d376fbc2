// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// An open file or folder. It is closed exactly once: when the last one who holds this lets go.
final class Descriptor: Sendable {
    let raw: CInt

    init(owning raw: CInt) { self.raw = raw }

    deinit { close(raw) }
}

/// A system call failed.
struct SystemError: Error, CustomStringConvertible {
    /// What was being done, in words; never a path.
    var action: String
    /// The system's code.
    var code: CInt

    var description: String { "\(action): \(String(cString: strerror(code))) (errno \(code))" }
}

extension Descriptor {
    /// Opens something in a folder; links are not followed, and the descriptor is not inherited.
    func open(_ name: String, _ flags: CInt, mode: mode_t = 0, _ action: String) throws(SystemError) -> Descriptor {
        while true {
            let result = openat(raw, name, flags | O_NOFOLLOW | O_CLOEXEC, mode)
            if result >= 0 { return Descriptor(owning: result) }
            guard errno == EINTR else { throw SystemError(action: action, code: errno) }
        }
    }

    /// Opens a folder in a folder.
    func openFolder(_ name: String) throws(SystemError) -> Descriptor {
        try open(name, O_RDONLY | O_DIRECTORY, "open a folder")
    }

    /// Removes a file's name; false if there was none.
    @discardableResult
    func unlink(_ name: String) throws(SystemError) -> Bool {
        if unlinkat(raw, name, 0) == 0 { return true }
        guard errno == ENOENT || errno == ENOTDIR else { throw SystemError(action: "remove a file", code: errno) }
        return false
    }

    /// Size of a file opened here; nil if it is no regular file.
    func regularFileSize() throws(SystemError) -> Int64? {
        var status = stat()
        guard fstat(raw, &status) == 0 else { throw SystemError(action: "inspect a file", code: errno) }
        return status.st_mode & S_IFMT == S_IFREG ? Int64(status.st_size) : nil
    }

    /// Size of a file in this folder; nil if there is none or it is no regular file.
    func regularFileSize(_ name: String) throws(SystemError) -> Int64? {
        var status = stat()
        if fstatat(raw, name, &status, AT_SYMLINK_NOFOLLOW) != 0 {
            guard errno == ENOENT else { throw SystemError(action: "inspect a file", code: errno) }
            return nil
        }
        return status.st_mode & S_IFMT == S_IFREG ? Int64(status.st_size) : nil
    }

    /// The names in this folder but `.` and `..`, in byte order.
    func names() throws(SystemError) -> [String] {
        let copy = openat(raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0 else { throw SystemError(action: "list a folder", code: errno) }
        guard let stream = fdopendir(copy) else {
            let code = errno
            close(copy)
            throw SystemError(action: "list a folder", code: code)
        }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw SystemError(action: "list a folder", code: errno) }
                break
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != [UInt8(ascii: ".")] && name != Array("..".utf8) { names.append(name) }
        }
        return names.sorted { $0.lexicographicallyPrecedes($1) }.map { String(decoding: $0, as: UTF8.self) }
    }
}
