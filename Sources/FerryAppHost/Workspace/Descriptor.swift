// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A system call that failed.
struct SystemFailure: Error, Sendable, Hashable, CustomStringConvertible {
    let call: String
    let code: Int32
    var description: String { "\(call) failed: \(String(cString: strerror(code)))" }
}

/// An open file or folder, closed when nobody holds it any more. Nothing here follows a symbolic link inside a folder.
final class Descriptor: Sendable {
    let raw: Int32

    /// Takes over a descriptor.
    init(_ raw: Int32) { self.raw = raw }

    deinit { _ = close(raw) }

    /// Opens a folder by a path that is trusted.
    ///
    /// - Parameter followingLink: whether the path's last part may be a link.
    static func folder(at path: String, followingLink: Bool = true) throws(SystemFailure) -> Descriptor {
        let raw = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (followingLink ? 0 : O_NOFOLLOW))
        guard raw >= 0 else { throw SystemFailure(call: "opening a folder", code: errno) }
        return Descriptor(raw)
    }

    /// Opens a file for reading by a path that is trusted.
    static func file(at path: String) throws(SystemFailure) -> Descriptor {
        let raw = open(path, O_RDONLY | O_CLOEXEC)
        guard raw >= 0 else { throw SystemFailure(call: "opening stored bytes", code: errno) }
        return Descriptor(raw)
    }

    /// Opens a folder in this one.
    func folder(_ name: UnsafePointer<CChar>) throws(SystemFailure) -> Descriptor {
        let opened = openat(raw, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard opened >= 0 else { throw SystemFailure(call: "opening a folder", code: errno) }
        return Descriptor(opened)
    }

    /// Makes a folder in this one, for its owner alone, and opens it.
    func makeFolder(_ name: String) throws(SystemFailure) -> Descriptor {
        guard mkdirat(raw, name, 0o700) == 0 else { throw SystemFailure(call: "making a folder", code: errno) }
        return try folder(name)
    }

    /// Makes a file in this folder, for its owner alone; one of that name must not be there.
    func makeFile(_ name: String) throws(SystemFailure) -> Descriptor {
        let opened = openat(raw, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw SystemFailure(call: "making a file", code: errno) }
        return Descriptor(opened)
    }

    /// Opens what is in this folder for reading, without waiting for anybody if it is a pipe.
    func file(_ name: String) throws(SystemFailure) -> Descriptor {
        let opened = openat(raw, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard opened >= 0 else { throw SystemFailure(call: "opening a file", code: errno) }
        return Descriptor(opened)
    }

    /// What is known of the open file.
    func facts() throws(SystemFailure) -> stat {
        var facts = stat()
        guard fstat(raw, &facts) == 0 else { throw SystemFailure(call: "looking at a file", code: errno) }
        return facts
    }

    /// At most `limit` names in this folder as it is now, as bytes that end with a zero; `.` and `..` are left out.
    func names(upTo limit: Int) throws(SystemFailure) -> [[CChar]] {
        // A description of its own, because listing moves the position.
        let listed = openat(raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard listed >= 0 else { throw SystemFailure(call: "opening a folder", code: errno) }
        guard let stream = fdopendir(listed) else {
            let code = errno
            _ = close(listed)
            throw SystemFailure(call: "listing a folder", code: code)
        }
        defer { closedir(stream) }
        let nameOffset = MemoryLayout<dirent>.offset(of: \dirent.d_name) ?? 0
        var names: [[CChar]] = []
        while names.count < limit, let entry = readdir(stream) {
            let start = UnsafeRawPointer(entry).advanced(by: nameOffset).assumingMemoryBound(to: CChar.self)
            let name = Array(UnsafeBufferPointer(start: start, count: strlen(start) + 1))
            let dot = CChar(bitPattern: UInt8(ascii: "."))
            if name != [dot, 0], name != [dot, dot, 0] { names.append(name) }
        }
        return names
    }
}
