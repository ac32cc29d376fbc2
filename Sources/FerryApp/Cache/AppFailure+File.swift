// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

extension AppFailure.Code {
    /// There is no such file, here or there.
    public static let fileNotFound = Self(rawValue: "file_not_found")
    /// The address must not be asked, or the server there refuses.
    public static let fileRefused = Self(rawValue: "file_refused")
    /// The server could not be reached or failed; the same call may succeed later.
    public static let fileUnreachable = Self(rawValue: "file_unreachable")
    /// The bytes came too slowly; the same call may succeed later.
    public static let fileTimedOut = Self(rawValue: "file_timed_out")
    /// The bytes broke off; the same call may succeed later.
    public static let fileIncomplete = Self(rawValue: "file_incomplete")
    /// The bytes are not those that their sender's digest names; the same call may succeed later.
    public static let fileDamaged = Self(rawValue: "file_damaged")
    /// The file is larger than a limit.
    public static let fileTooLarge = Self(rawValue: "file_too_large")
    /// The cache could not write or read its folder.
    public static let fileStorage = Self(rawValue: "file_storage")
}

extension AppFailure {
    /// Whether the same download may succeed later.
    package var isRetryableDownload: Bool {
        [.fileUnreachable, .fileTimedOut, .fileIncomplete, .fileDamaged].contains(code)
    }

    /// A call of the system on the cache's folder failed.
    static func storage(_ action: String, _ number: CInt = errno) -> AppFailure {
        let reason = String(cString: strerror(number))
        let remedy =
            switch number {
            case ENOSPC, EDQUOT, EFBIG: "free some space (ferry cache prune), or set FILE_CACHE_DIR to another disk"
            case EACCES, EPERM, EROFS: "set FILE_CACHE_DIR to a folder that may be written"
            case EMFILE, ENFILE: "let go of files no longer needed, or raise the limit of open files (ulimit -n)"
            default: "check the folder that FILE_CACHE_DIR names"
            }
        return AppFailure(
            "the file cache could not \(action): \(reason); \(remedy)", code: .fileStorage,
            cause: SystemCause(number: number))
    }

    /// Whether the disk, or this user's share of it, is full.
    var isDiskFull: Bool {
        guard let cause = cause as? SystemCause else { return false }
        return [ENOSPC, EDQUOT].contains(cause.number)
    }

    /// What the system said.
    private struct SystemCause: Error, CustomStringConvertible {
        let number: CInt
        var description: String { "\(String(cString: strerror(number))) (\(number))" }
    }
}
