// SPDX-License-Identifier: Apache-2.0

import FerryMetadataSQLite
import FerryServerCore
import FerryTesting
import FerryWire
import Foundation
import GRDB
import Testing

@Suite("SQLite records: opening the file")
struct SQLiteOpeningTests {
    let database: TemporaryDatabase

    init() throws { database = try TemporaryDatabase() }

    private func refusal() -> ServerError? {
        let error = #expect(throws: ServerError.self) { try database.open() }
        #expect(error?.description.contains(database.folder) == false)
        return error
    }

    @Test("the writer is fully synchronous, with a write-ahead log and foreign keys, and stays so")
    func settings() async throws {
        let expected = SQLiteMetadata.WriterSettings(synchronous: 2, journalMode: "wal", foreignKeys: true)
        for _ in 0..<2 {
            let records = try database.open()
            #expect(try await records.writerSettings() == expected)
            try await records.insert([FileRecord.sample()])
            _ = try await records.claim(owner: "me", leaseUntil: .sample, at: .sample)
            #expect(try await records.writerSettings() == expected)
            try records.close()
        }
    }

    @Test("a new start finds everything as it was")
    func reopening() async throws {
        let file = FileRecord.sample(blob: .sample())
        var task = TaskRecord.sample(status: .queued)
        let key: KeyRecord
        do {
            let records = try database.open()
            try await records.insert([file])
            try await records.insert(task)
            task = try #require(
                try await records.claim(owner: "me", leaseUntil: .sample.advanced(bySeconds: 9), at: .sample))
            try await records.appendLog(id: task.id, kind: .run, text: "line\n", maximumBytes: 100, at: .sample)
            let team = try await records.team(named: "default", newID: Identifier.random(), at: .sample)
            key = KeyRecord.sample(team: team)
            try await records.insert(key)
            _ = try await records.secret(named: "links", orInsert: [1, 2, 3])
            try records.close()
        }
        let records = try database.open()
        task.logs = [TaskRecord.Log(kind: .run, createdAt: .sample, updatedAt: .sample, content: "line\n")]
        #expect(try await records.file(id: file.id) == file)
        #expect(try await records.task(id: task.id) == task)
        #expect(try await records.key(hash: key.hash) == key)
        #expect(try await records.secret(named: "links", orInsert: [9]) == [1, 2, 3])
    }

    @Test("what was reported as done is there for another process at once")
    func visibleElsewhere() async throws {
        let records = try database.open()
        let file = FileRecord.sample()
        try await records.insert([file])
        let count = try await database.stranger().read { try Int.fetchOne($0, sql: "SELECT count(*) FROM files") }
        #expect(count == 1)
    }

    @Test("the file and its log are for their owner alone, even if the file was not")
    func modes() async throws {
        var records = try database.open()
        #expect(try database.mode() == 0o600)
        #expect(try database.mode("-wal") == 0o600)
        #expect(try database.mode("-shm") == 0o600)
        try records.close()
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: database.path)
        records = try database.open()
        #expect(try database.mode() == 0o600)
        try records.close()
    }

    @Test("a file that is no database is refused and left alone")
    func noDatabase() throws {
        let bytes = Data("this is not a database, but it is long enough to look at".utf8)
        try bytes.write(to: URL(fileURLWithPath: database.path))
        #expect(refusal()?.message.contains("damaged") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: database.path)) == bytes)
    }

    @Test("a damaged page is noticed at the start")
    func damagedPage() async throws {
        do {
            let records = try database.open()
            for _ in 0..<50 { try await records.insert((0..<20).map { _ in FileRecord.sample(blob: .sample()) }) }
            try records.close()
        }
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: database.path))
        let size = try file.seekToEnd()
        #expect(size > 100_000)
        try file.seek(toOffset: size / 2 / 4096 * 4096)
        try file.write(contentsOf: Data(repeating: 0xA5, count: 4096))
        try file.close()
        let error = refusal()
        #expect(error?.code == .internalError)
        #expect(error?.message.contains("backup") == true)
    }

    @Test("a file of a newer version is refused")
    func newerSchema() throws {
        try database.open().close()
        try database.stranger().write { database in
            try database.execute(sql: "INSERT INTO grdb_migrations VALUES ('2-from-the-future')")
        }
        #expect(refusal()?.message.contains("newer") == true)
    }

    @Test("another program's database is refused and left alone")
    func anotherProgram() throws {
        try database.stranger().write { try $0.execute(sql: "CREATE TABLE bookmarks (url TEXT)") }
        #expect(refusal()?.message.contains("another program") == true)
        let tables = try database.stranger().read {
            try String.fetchAll($0, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'")
        }
        #expect(tables == ["bookmarks"])
    }

    @Test("a folder that is not there is a clear error")
    func missingFolder() {
        let error = #expect(throws: ServerError.self) {
            try SQLiteMetadata(path: database.folder + "/nowhere/ferry.sqlite")
        }
        #expect(error?.message.contains("folder") == true)
        #expect(error?.description.contains(database.folder) == false)
    }

    @Test("a link in the file's place is followed only to where it leads, and never made")
    func brokenLink() throws {
        try FileManager.default.createSymbolicLink(
            atPath: database.path, withDestinationPath: database.folder + "/gone/away.sqlite")
        #expect(throws: ServerError.self) { try database.open() }
        #expect(!FileManager.default.fileExists(atPath: database.folder + "/gone"))
    }

    @Test("after the close every call is unavailable")
    func closed() async throws {
        let records = try database.open()
        try records.close()
        for call in [
            { _ = try await records.file(id: Identifier.random()) },
            { try await records.insert([FileRecord.sample()]) },
        ] as [() async throws -> Void] {
            let error = await #expect(throws: ServerError.self) { try await call() }
            #expect(error?.code == .unavailable, "\(String(describing: error?.cause))")
        }
    }
}
