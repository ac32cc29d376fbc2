// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Gives bytes a second place: sharing the disk's blocks where the file system can, as another name of the same file
/// where that is wanted, else by copying.
enum FileCopy {
    /// Makes a file that must not be there yet. Blocks.
    ///
    /// - Parameters:
    ///   - descriptor: the file to be copied, open for reading.
    ///   - path: of the new file.
    ///   - isLinkable: whether the new file may be the same as the old one, which is read-only.
    ///   - source: the old file's path; nil if it has none that may be linked.
    static func make(from descriptor: CInt, to path: String, isLinkable: Bool, source: String?) throws {
        let target = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o666)
        guard target >= 0 else { throw failure(errno) }
        var isDone = false
        defer {
            close(target)
            if !isDone { _ = unlink(path) }
        }
        #if os(Linux)
        // FICLONE: the blocks are shared until one of both is written to.
        if ioctl(target, 0x4004_9409, descriptor) == 0 {
            isDone = true
            return
        }
        #endif
        if isLinkable, let source {
            let temporary = path + ".\(CacheFolder.uniqueName())"
            if temporary.utf8.split(separator: UInt8(ascii: "/")).last.map({ $0.count <= 255 }) ?? false,
                link(source, temporary) == 0
            {
                if rename(temporary, path) == 0 {
                    isDone = true
                    return
                }
                _ = unlink(temporary)
            }
        }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var offset: Int64 = 0
        while true {
            let count = buffer.withUnsafeMutableBytes { systemRead(descriptor, $0, offset) }
            guard count >= 0 else { throw AppFailure.storage("read a file") }
            if count == 0 { break }
            try CacheFolder.writeAll(Array(buffer[..<count]), target, at: offset)
            offset += Int64(count)
        }
        guard fsync(target) == 0 else { throw failure(errno) }
        isDone = true
    }

    private static func failure(_ number: CInt) -> AppFailure {
        AppFailure(
            "a file could not be written: \(String(cString: strerror(number))); "
                + (number == EEXIST ? "choose a name that is free" : "check its folder"),
            code: number == EEXIST ? .fileRefused : .fileStorage)
    }
}
