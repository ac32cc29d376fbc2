// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import GRDB

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

extension SQLiteMetadata {
    /// `Frry`, in the file's header: tells our files from those of other programs.
    static let applicationID: Int32 = 0x4672_7279
    /// Bytes the log is cut back to after a checkpoint.
    private static let maximumIdleLogSize = 64 << 20

    static func open(path: String, configuration: Configuration) throws(ServerError) -> DatabasePool {
        do {
            try prepareFile(path)
            let pool = try DatabasePool(path: path, configuration: connectionConfiguration(configuration))
            try check(pool, path: path, configuration: configuration)
            try Schema.migrator.migrate(pool)
            try pool.writeWithoutTransaction { database in
                // The library sets NORMAL when it turns the log on, which loses acknowledged rows at a power cut.
                try database.execute(sql: "PRAGMA synchronous = FULL")
                try database.execute(literal: "PRAGMA journal_size_limit = \(sql: String(maximumIdleLogSize))")
            }
            return pool
        } catch let error as ServerError {
            throw error
        } catch {
            throw startRefusal(error)
        }
    }

    private static func connectionConfiguration(_ configuration: Configuration) -> GRDB.Configuration {
        var connection = GRDB.Configuration()
        connection.foreignKeysEnabled = true
        connection.maximumReaderCount = configuration.maximumReaders
        let seconds = Double(configuration.busyTimeout.components.seconds)
        let fraction = Double(configuration.busyTimeout.components.attoseconds) / 1e18
        connection.busyMode = .timeout(seconds + fraction)
        connection.label = "ferry.metadata"
        return connection
    }

    /// Makes the file for its owner alone before anyone else could open it; SQLite gives the log the same mode.
    private static func prepareFile(_ path: String) throws(ServerError) {
        let made = openFile(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if made >= 0 {
            // Nobody has it open yet: closing any descriptor of a database drops the locks this process holds on it.
            closeFile(made)
        } else if errno == EEXIST {
            guard chmod(path, 0o600) == 0 else {
                throw ServerError(.internalError, "cannot set mode 0600 on the metadata file; check its owner")
            }
        } else {
            let reason = String(cString: strerror(errno))
            throw ServerError(
                .internalError,
                "cannot make the metadata file (\(reason)); check that its folder exists and is writable")
        }
    }

    /// Refuses files that are damaged, of a newer version or of another program, before anything is changed in them.
    private static func check(_ pool: DatabasePool, path: String, configuration: Configuration) throws {
        try pool.writeWithoutTransaction { database in
            let owner = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
            let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
            guard owner == applicationID || (owner == 0 && tables == 0) else {
                throw ServerError(
                    .internalError, "the metadata file belongs to another program; name another file or data folder")
            }
            guard try !Schema.migrator.hasBeenSuperseded(database) else {
                throw ServerError(
                    .internalError, "the metadata file was written by a newer Ferry; start that version or a later one")
            }
            guard try fileSize(database) <= configuration.integrityCheckLimit else { return }
            let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check(1)") ?? ""
            guard verdict == "ok" else {
                throw ServerError(.internalError, damaged, cause: DatabaseDamage(finding: verdict))
            }
        }
    }

    private static func fileSize(_ database: Database) throws -> Int64 {
        let pages = try Int64.fetchOne(database, sql: "PRAGMA page_count") ?? 0
        let size = try Int64.fetchOne(database, sql: "PRAGMA page_size") ?? 0
        return pages * size
    }

    private static let damaged =
        "the metadata file is damaged; restore it from the newest backup, the stored bytes are not affected"

    private static func startRefusal(_ error: any Error) -> ServerError {
        guard let error = error as? DatabaseError else { return serverError(error) as? ServerError ?? unknown(error) }
        switch error.resultCode {
        case .SQLITE_NOTADB, .SQLITE_CORRUPT: return ServerError(.internalError, damaged, cause: error)
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return ServerError(
                .unavailable, "the metadata file is held by another process; stop that one or try again", cause: error)
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM:
            return ServerError(
                .internalError, "cannot open the metadata file for writing; check it and its folder's permissions",
                cause: error)
        default: return serverError(error) as? ServerError ?? unknown(error)
        }
    }

    private static func unknown(_ error: any Error) -> ServerError {
        ServerError(.internalError, "cannot open the metadata file", cause: error)
    }
}

/// What the check of a file found.
struct DatabaseDamage: Error, CustomStringConvertible {
    var finding: String
    var description: String { "integrity check: \(finding)" }
}

private func openFile(_ path: String, _ flags: CInt, _ mode: mode_t) -> CInt { open(path, flags, mode) }

private func closeFile(_ descriptor: CInt) { close(descriptor) }
