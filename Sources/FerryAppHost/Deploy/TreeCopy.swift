// SPDX-License-Identifier: Apache-2.0

import FerryServerCore

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Copies files of a folder. All of it blocks.
enum TreeCopy {
    private static let bufferSize = 1 << 18

    /// Makes a file, with the folders above it, in a folder of our own; everybody may read it.
    static func create(_ path: String, in folder: String, isExecutable: Bool) throws(SystemFailure) -> Descriptor {
        let full = "\(folder)/\(path)"
        if path.utf8.contains(UInt8(ascii: "/")) { try Folders.make(Folders.split(full).parent, mode: 0o755) }
        let raw = open(full, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard raw >= 0 else { throw SystemFailure(call: "making a file", code: errno) }
        let file = Descriptor(raw)
        _ = fchmod(file.raw, isExecutable ? 0o755 : 0o644)
        return file
    }

    static func copy(_ file: FolderTree.File, from source: String, to target: String, upTo limit: Int64) throws {
        let raw = open("\(source)/\(file.path)", O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard raw >= 0 else { throw AppFolderProblem("the file \(file.path) cannot be read; check its permissions") }
        let from = Descriptor(raw)
        let to = try create(file.path, in: target, isExecutable: file.isExecutable)
        var buffer = [UInt8](repeating: 0, count: bufferSize)
        var total: Int64 = 0
        while true {
            let count = buffer.withUnsafeMutableBytes { read(from.raw, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemFailure(call: "reading a file", code: errno) }
            if count == 0 { break }
            total += Int64(count)
            guard total <= limit else { throw AppFolderProblem("the file \(file.path) grows while it is read") }
            try Folders.append(Array(buffer.prefix(count)), to: to)
        }
        guard fsync(to.raw) == 0 else { throw SystemFailure(call: "syncing a file", code: errno) }
    }
}
