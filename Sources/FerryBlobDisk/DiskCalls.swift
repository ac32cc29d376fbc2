// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// The system calls a disk may fail, so that tests can have them fail. Negative results stand for `errno`.
package struct DiskCalls: Sendable {
    /// `pwrite`.
    package var write: @Sendable (_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer, _ offset: Int64) -> Int
    /// `pread`.
    package var read: @Sendable (_ descriptor: CInt, _ bytes: UnsafeMutableRawBufferPointer, _ offset: Int64) -> Int
    /// Makes a file's bytes or a folder's names durable.
    package var synchronize: @Sendable (_ descriptor: CInt) -> CInt
    /// Bytes that may still be written to the file system of a folder; nil if it does not tell.
    package var freeSpace: @Sendable (_ folder: CInt) -> Int64?

    /// The system's own.
    package static let system = DiskCalls(
        write: { pwrite($0, $1.baseAddress, $1.count, off_t($2)) },
        read: { pread($0, $1.baseAddress, $1.count, off_t($2)) },
        synchronize: { descriptor in
            #if canImport(Darwin)
            // fsync there leaves the bytes in the drive's cache.
            return fcntl(descriptor, F_FULLFSYNC) == -1 ? fsync(descriptor) : 0
            #else
            return fsync(descriptor)
            #endif
        },
        freeSpace: { folder in
            var status = statvfs()
            guard fstatvfs(folder, &status) == 0 else { return nil }
            let (bytes, overflow) = Int64(status.f_bavail).multipliedReportingOverflow(by: Int64(status.f_frsize))
            return overflow ? .max : bytes
        }
    )
}

extension DiskCalls {
    /// Writes all bytes, however many calls it takes.
    func writeAll(_ bytes: UnsafeRawBufferPointer, to file: Descriptor, at offset: Int64) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let count = write(file.raw, UnsafeRawBufferPointer(rebasing: bytes[done...]), offset + Int64(done))
            if count > 0 {
                done += count
            } else if count == 0 {
                throw SystemError(action: "write bytes", code: ENOSPC)
            } else if errno != EINTR {
                throw SystemError(action: "write bytes", code: errno)
            }
        }
    }

    /// Reads until the buffer is full or the file ends, and gives how many bytes came.
    func readAll(
        into bytes: UnsafeMutableRawBufferPointer, from file: Descriptor, at offset: Int64
    ) throws(SystemError) -> Int {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
            let count = read(file.raw, rest, offset + Int64(done))
            if count > 0 {
                done += count
            } else if count == 0 {
                break
            } else if errno != EINTR {
                throw SystemError(action: "read bytes", code: errno)
            }
        }
        return done
    }

    /// Makes durable, once: after a failure the system forgets what was not written, so a second call would lie.
    func makeDurable(_ descriptor: Descriptor, _ action: String) throws(SystemError) {
        while synchronize(descriptor.raw) != 0 {
            guard errno == EINTR else { throw SystemError(action: action, code: errno) }
        }
    }
}
