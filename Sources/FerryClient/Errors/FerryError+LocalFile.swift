// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

extension FerryError {
    /// What a failed system call on a local file means.
    static func localFile(_ number: CInt, _ doing: String, _ path: String) -> FerryError {
        let reason = String(cString: strerror(number))
        var remedy = ""
        switch number {
        case ENOSPC, EDQUOT: remedy = "; free some space and try again"
        case EACCES, EPERM, EROFS: remedy = "; check the permissions"
        case EMFILE, ENFILE: remedy = "; close other files or raise the limit"
        default: break
        }
        let code: Code = number == ENOENT || number == ENOTDIR ? .localFileNotFound : .localFile
        return FerryError(
            code, "could not \(doing) \(path): \(reason)\(remedy)", underlying: SystemCallError(number: number))
    }

    /// The path names something other than a regular file.
    static func notRegular(_ path: String) -> FerryError {
        FerryError(.localFile, "\(path) is no regular file; only regular files can be transferred")
    }
}

/// A failed system call.
public struct SystemCallError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The value of `errno`.
    public var number: CInt
    /// The system's words for it.
    public var description: String { String(cString: strerror(number)) }
}
