// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

extension SystemError {
    /// What a caller is told; the system's words go to the log only.
    var serverError: ServerError {
        switch code {
        case ENOSPC, EDQUOT, EFBIG: .noSpace(cause: self)
        case EMFILE, ENFILE, ENOMEM:
            ServerError(.unavailable, "the server has too many files open; try again in a moment", cause: self)
        case EACCES, EPERM, EROFS:
            ServerError(
                .internalError, "the server may not write to its blob folder; its operator must check the permissions",
                cause: self)
        case ELOOP, ENOTDIR, EISDIR:
            ServerError(
                .internalError, "the blob folder holds something that is no blob; the server's operator must remove it",
                cause: self)
        default:
            ServerError(
                .internalError, "the server's disk failed; try again, and if it goes on tell its operator",
                cause: self)
        }
    }
}

extension ServerError {
    /// The disk is full, or would soon be.
    static func noSpace(cause: (any Error)? = nil) -> ServerError {
        ServerError(
            .storageFull, "the server has no space left for these bytes; delete files or ask its operator for space",
            cause: cause)
    }

    /// A writer was used in an order that makes no sense.
    static func misuse(_ message: String) -> ServerError { ServerError(.internalError, message) }
}
