// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryTesting
import FerryWire
import GRDB
import Testing

@testable import FerryMetadataSQLite

@Suite("SQLite records: faults and limits")
struct SQLiteFaultTests {
    let database: TemporaryDatabase

    init() throws { database = try TemporaryDatabase() }

    @Test("while another process holds the file a write is unavailable, reads go on, and later writes work")
    func busy() async throws {
        let records = try database.open(.init(busyTimeout: .milliseconds(20)))
        let file = FileRecord.sample()
        try await records.insert([file])
        let stranger = try database.stranger()
        try await stranger.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let error = await #expect(throws: ServerError.self) { try await records.insert([FileRecord.sample()]) }
        #expect(error?.code == .unavailable)
        #expect(try await records.file(id: file.id) == file)
        try await stranger.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try await records.insert([FileRecord.sample()])
    }

    @Test("a write waits for another process within the time it was given")
    func waiting() async throws {
        let records = try database.open(.init(busyTimeout: .seconds(30)))
        let stranger = try database.stranger()
        try await stranger.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let file = FileRecord.sample()
        async let done: Void = records.insert([file])
        try await stranger.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
        try await done
        #expect(try await records.file(id: file.id) == file)
    }

    @Test("a full file is storage_full, nothing of the write is left, and deleting works")
    func full() async throws {
        let records = try database.open()
        let first = FileRecord.sample()
        try await records.insert([first])
        try await records.write { database in
            let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            try database.execute(literal: "PRAGMA max_page_count = \(sql: String(pages + 2))")
        }
        let many = (0..<500).map { _ in FileRecord.sample() }
        let error = await #expect(throws: ServerError.self) { try await records.insert(many) }
        #expect(error?.code == .storageFull)
        #expect(try await records.file(id: many[0].id) == nil)
        #expect(try await records.delete(id: first.id) == first)
        #expect(try await records.file(id: first.id) == nil)
    }

    @Test("a document within the limits is stored, one beyond is refused")
    func documentLimits() async throws {
        let records = try database.open(.init(maximumDocumentSize: 1000, maximumDocumentDepth: 5))
        func nested(_ depth: Int) -> JSONValue { (0..<depth).reduce(.null) { value, _ in ["a": value] } }
        let fits = TaskRecord.sample(input: nested(5), output: .string(String(repeating: "x", count: 998)))
        try await records.insert(fits)
        #expect(try await records.task(id: fits.id) == fits)
        var error = await #expect(throws: ServerError.self) {
            try await records.insert(TaskRecord.sample(input: nested(6)))
        }
        #expect(error?.code == .validation)
        let large = JSONValue.string(String(repeating: "x", count: 999))
        error = await #expect(throws: ServerError.self) { try await records.insert(TaskRecord.sample(setup: large)) }
        #expect(error?.code == .payloadTooLarge)
        error = await #expect(throws: ServerError.self) {
            try await records.transition(
                id: fits.id, to: .running, from: [.received], owner: nil, change: TaskChange(output: large),
                at: .sample)
        }
        #expect(error?.code == .payloadTooLarge)
        #expect(try await records.task(id: fits.id) == fits)
    }

    @Test("the default limits hold 256 levels")
    func deepDocument() async throws {
        let records = try database.open()
        let deep = (0..<256).reduce(JSONValue.null) { value, _ in [value] }
        let task = TaskRecord.sample(input: deep)
        try await records.insert(task)
        #expect(try await records.task(id: task.id) == task)
    }

    @Test("text with U+0000 is refused rather than cut")
    func textWithNUL() async throws {
        let records = try database.open()
        let file = FileRecord.sample(filename: "a\0b")
        var error = await #expect(throws: ServerError.self) { try await records.insert([file]) }
        #expect(error?.code == .validation)
        #expect(try await records.file(id: file.id) == nil)
        error = await #expect(throws: ServerError.self) {
            try await records.team(named: "a\0b", newID: Identifier.random(), at: .sample)
        }
        #expect(error?.code == .validation)
    }

    @Test("values never become part of a statement")
    func injection() async throws {
        let records: any FileIndex = try database.open()
        let team = Identifier.random()
        let odd = "x'); DROP TABLE files; --"
        let file = FileRecord.sample(teamID: team, filename: odd, path: "\" OR 1=1", category: "%")
        try await records.insert([file, FileRecord.sample(teamID: team)])
        for operation in [ListFilter.Operation.eq, .in, .like] {
            let condition = RecordQuery.Condition(field: "filename", operation: operation, values: [.text(odd)])
            let found = try await records.list(RecordQuery(teamID: team, conditions: [condition], limit: 10))
            #expect(found == [file])
        }
        #expect(try await records.list(RecordQuery(teamID: team, limit: 10)).count == 2)
    }

    @Test("an error shows no values of the record")
    func silentErrors() async throws {
        let records = try database.open()
        let team = try await records.team(named: "default", newID: Identifier.random(), at: .sample)
        let key = KeyRecord.sample(team: team, name: "planted-name")
        try await records.insert(key)
        let error = await #expect(throws: ServerError.self) { try await records.insert(key) }
        let text = "\(String(describing: error)) \(String(describing: error?.cause))"
        #expect(!text.contains(key.hash))
        #expect(!text.contains("planted-name"))
    }

    @Test("a long log stays small on disk and whole at its end")
    func longLog() async throws {
        let records = try database.open()
        let task = TaskRecord.sample(status: .running)
        try await records.insert(task)
        let line = String(repeating: "é", count: 500) + "\n"
        for _ in 0..<300 {
            try await records.appendLog(id: task.id, kind: .run, text: line, maximumBytes: 40_000, at: .sample)
        }
        let content = try #require(try await records.task(id: task.id)?.logs.first?.content)
        #expect((39_997...40_000).contains(content.utf8.count))
        #expect(String(repeating: line, count: 300).utf8.suffix(content.utf8.count).elementsEqual(content.utf8))
        let stored = try await records.read { database in
            try Int.fetchOne(database, sql: "SELECT sum(length(content)) FROM task_log_pieces")
        }
        #expect(stored == content.utf8.count)
    }
}
