// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import GRDB

/// The records of files, tasks, chats, teams and keys in one SQLite file.
///
/// Write-ahead log with `synchronous=FULL`: what a call reports as done survives a power cut. One connection writes, a
/// few read; the database runs on queues of its own, never on the cooperative pool. A call of a cancelled task throws
/// `CancellationError` and changes nothing.
package final class SQLiteMetadata: Sendable {
    /// How the file is opened.
    package struct Configuration: Sendable, Hashable {
        /// How long a call waits for another process that holds the file, before it fails as unavailable; 5 s.
        package var busyTimeout: Duration
        /// Most reads at once; 4.
        package var maximumReaders: Int
        /// Largest file, in bytes, that is read through at the start to find damage; 256 MiB. Of larger ones only the
        /// header and the schema are looked at.
        package var integrityCheckLimit: Int64
        /// Most bytes of one JSON document (a task's input, setup or output) as text; 64 MiB.
        package var maximumDocumentSize: Int
        /// Deepest nesting of one JSON document; 256.
        package var maximumDocumentDepth: Int

        /// A configuration.
        package init(
            busyTimeout: Duration = .seconds(5), maximumReaders: Int = 4, integrityCheckLimit: Int64 = 256 << 20,
            maximumDocumentSize: Int = 64 << 20, maximumDocumentDepth: Int = 256
        ) {
            self.busyTimeout = busyTimeout
            self.maximumReaders = max(maximumReaders, 1)
            self.integrityCheckLimit = integrityCheckLimit
            self.maximumDocumentSize = maximumDocumentSize
            self.maximumDocumentDepth = maximumDocumentDepth
        }
    }

    let documents: DocumentColumn
    private let pool: DatabasePool

    /// Opens the file, made with mode 0600 if it is missing, and brings its schema up to date. Blocks; for the start.
    ///
    /// - Throws: `ServerError` saying what to do if the file is damaged, of a newer Ferry, of another program, or cannot
    ///   be opened.
    package init(path: String, configuration: Configuration = Configuration()) throws {
        documents = DocumentColumn(
            maximumSize: configuration.maximumDocumentSize, maximumDepth: configuration.maximumDocumentDepth)
        pool = try Self.open(path: path, configuration: configuration)
    }

    /// Closes the file. Waits for calls under way and blocks as long; calls after it fail as unavailable.
    package func close() throws {
        do {
            try pool.close()
        } catch {
            throw Self.serverError(error)
        }
    }

    /// Reads in one transaction.
    func read<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.read(body)
        } catch {
            throw Self.serverError(error)
        }
    }

    /// Writes in one transaction: all of it or, if it throws, nothing.
    func write<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.write(body)
        } catch {
            throw Self.serverError(error)
        }
    }

    /// Settings of the writing connection that durability and integrity hang on.
    package struct WriterSettings: Sendable, Hashable {
        /// `PRAGMA synchronous`; 2 is FULL.
        package var synchronous: Int
        /// `PRAGMA journal_mode`.
        package var journalMode: String
        /// `PRAGMA foreign_keys`.
        package var foreignKeys: Bool

        /// Settings.
        package init(synchronous: Int, journalMode: String, foreignKeys: Bool) {
            self.synchronous = synchronous
            self.journalMode = journalMode
            self.foreignKeys = foreignKeys
        }
    }

    /// The settings in force.
    package func writerSettings() async throws -> WriterSettings {
        do {
            return try await pool.writeWithoutTransaction { database in
                WriterSettings(
                    synchronous: try Int.fetchOne(database, sql: "PRAGMA synchronous") ?? -1,
                    journalMode: try String.fetchOne(database, sql: "PRAGMA journal_mode") ?? "",
                    foreignKeys: try Bool.fetchOne(database, sql: "PRAGMA foreign_keys") ?? false)
            }
        } catch {
            throw Self.serverError(error)
        }
    }
}
