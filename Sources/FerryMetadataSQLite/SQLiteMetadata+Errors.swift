// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import GRDB

extension SQLiteMetadata {
    /// What a failure of the database is to the server's rules. `ServerError` and `CancellationError` stay.
    static func serverError(_ error: any Error) -> any Error {
        guard let error = error as? DatabaseError else {
            if error is ServerError || error is CancellationError { return error }
            return ServerError(.internalError, "the server's records could not be read", cause: error)
        }
        return serverError(error)
    }

    private static func serverError(_ error: DatabaseError) -> any Error {
        switch error.resultCode {
        case .SQLITE_FULL:
            ServerError(
                .storageFull,
                "the server has no space left for its records; delete files or ask its operator for space",
                cause: error)
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            ServerError(.unavailable, "the server's records are busy; try again in a moment", cause: error)
        case .SQLITE_MISUSE:
            // The connection is closed.
            ServerError(.unavailable, "the server is stopping; try again in a moment", cause: error)
        case .SQLITE_CONSTRAINT: constraint(error)
        case .SQLITE_TOOBIG:
            ServerError(.payloadTooLarge, "the record is too large; send less", cause: error)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            ServerError(
                .internalError, "the server's records are damaged; its operator must restore them from a backup",
                cause: error)
        default:
            ServerError(
                .internalError, "the server's records could not be read or written; if it goes on tell its operator",
                cause: error)
        }
    }

    private static func constraint(_ error: DatabaseError) -> ServerError {
        switch error.extendedResultCode {
        case .SQLITE_CONSTRAINT_PRIMARYKEY, .SQLITE_CONSTRAINT_UNIQUE:
            ServerError(.conflict, "there is such a record already", cause: error)
        case .SQLITE_CONSTRAINT_FOREIGNKEY:
            ServerError(.conflict, "the record belongs to one that is not there", cause: error)
        default: ServerError(.internalError, "the server refused an impossible record", cause: error)
        }
    }
}
