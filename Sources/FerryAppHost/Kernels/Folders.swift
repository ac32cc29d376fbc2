// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Folders and small files by paths that are trusted. All of it blocks.
enum Folders {
    /// Makes a folder with its parents; what is there stays as it is.
    static func make(_ path: String, mode: mode_t) throws(SystemFailure) {
        var made = path.utf8.first == UInt8(ascii: "/") ? "" : "."
        for part in path.utf8.split(separator: UInt8(ascii: "/")) {
            made += "/" + String(Substring(part))
            if mkdir(made, mode) == 0 {
                // Whatever the mask was.
                _ = chmod(made, mode)
            } else if ![EEXIST, EROFS, EACCES, EISDIR].contains(errno) {
                throw SystemFailure(call: "making a folder", code: errno)
            }
        }
        var facts = stat()
        guard stat(path, &facts) == 0 else { throw SystemFailure(call: "making a folder", code: errno) }
    }

    /// Writes a file, all of it or nothing.
    static func put(_ bytes: [UInt8], to path: String, mode: mode_t) throws(SystemFailure) {
        let temporary = "\(path).new-\(Identifier.random())"
        let raw = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard raw >= 0 else { throw SystemFailure(call: "making a file", code: errno) }
        let file = Descriptor(raw)
        _ = fchmod(file.raw, mode)
        do {
            try append(bytes, to: file)
        } catch {
            _ = unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else {
            let code = errno
            _ = unlink(temporary)
            throw SystemFailure(call: "renaming a file", code: code)
        }
    }

    /// Writes on, where the file stands.
    static func append(_ bytes: [UInt8], to file: Descriptor) throws(SystemFailure) {
        var code: Int32 = 0
        bytes.withUnsafeBytes { buffer in
            var sent = 0
            while sent < buffer.count {
                let count = write(file.raw, buffer.baseAddress?.advanced(by: sent), buffer.count - sent)
                if count < 0 {
                    if errno == EINTR { continue }
                    code = errno
                    return
                }
                sent += count
            }
        }
        if code != 0 { throw SystemFailure(call: "writing a file", code: code) }
    }

    /// The bytes of a file; nil if there is none or it is longer than `limit` bytes.
    static func contents(_ path: String, upTo limit: Int) -> [UInt8]? {
        let raw = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard raw >= 0 else { return nil }
        let file = Descriptor(raw)
        guard let facts = try? file.facts(), facts.st_mode & S_IFMT == S_IFREG, facts.st_size <= limit else {
            return nil
        }
        var bytes = [UInt8](repeating: 0, count: Int(facts.st_size))
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                pread(file.raw, buffer.baseAddress?.advanced(by: count), buffer.count - count, off_t(count))
            }
            guard got > 0 else { break }
            count += got
        }
        return Array(bytes.prefix(count))
    }

    /// Removes a folder or file with all that is in it. False if something could not be removed.
    @discardableResult
    static func remove(_ path: String) -> Bool {
        let (parent, name) = split(path)
        guard let folder = try? Descriptor.folder(at: parent) else { return false }
        return TreeRemoval.remove(name, in: folder)
    }

    /// A path's parent and last component.
    static func split(_ path: String) -> (parent: String, name: String) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
        let parent = String(path[..<slash])
        return (parent.isEmpty ? "/" : parent, String(path[path.utf8.index(after: slash)...]))
    }

    /// The path without links; nil if there is nothing.
    static func resolved(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    /// The names in a folder as text, sorted; those that are no UTF-8 are left out.
    static func names(in path: String, upTo limit: Int) throws(SystemFailure) -> [String] {
        let folder = try Descriptor.folder(at: path)
        return try folder.names(upTo: limit).compactMap { name in
            String(validating: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }.sorted()
    }
}

extension stat {
    /// When the content last changed, in nanoseconds since 1970.
    var changed: Int64 {
        #if canImport(Darwin)
        let time = st_mtimespec
        #else
        let time = st_mtim
        #endif
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
