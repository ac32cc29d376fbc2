// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryTesting
import FerryWire
import GRDB
import Testing

@testable import FerryMetadataSQLite

@Suite("SQLite records: lists")
struct SQLiteListTests {
    let database: TemporaryDatabase
    let records: SQLiteMetadata
    let stranger: DatabaseQueue

    init() throws {
        database = try TemporaryDatabase()
        records = try database.open()
        stranger = try database.stranger()
    }

    /// How the database goes about a query.
    private func plan(_ query: RecordQuery) throws -> String {
        let statement = try ListedTable.files.statement(query)
        return try stranger.read { database in
            try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN " + statement.sql, arguments: statement.arguments)
                .map { $0["detail"] as String }.joined(separator: "; ")
        }
    }

    @Test(
        "a page of a usual order is read off an index, without sorting",
        arguments: [
            ("created_at", "files_by_team"), ("updated_at", "files_by_update"), ("filename", "files_by_name"),
            ("path", "files_by_path"), ("size", "files_by_size"),
        ], [false, true])
    func indexes(_ order: (field: String, index: String), isDescending: Bool) throws {
        let sample = FileRecord.sample()
        for isBackward in [false, true] {
            var query = RecordQuery(
                teamID: sample.teamID, sort: [.init(field: order.field, isDescending: isDescending)],
                isBackward: isBackward, aliveAt: .sample, limit: 10)
            for _ in 0..<2 {
                let plan = try plan(query)
                #expect(plan.contains("USING INDEX \(order.index)"), "\(plan)")
                #expect(!plan.contains("TEMP B-TREE"), "\(plan)")
                query.position = sample.position(in: query)
            }
        }
    }

    @Test("values are arguments, whatever they hold")
    func injection() async throws {
        let file = FileRecord.sample(filename: "'; DROP TABLE files; --")
        let files: any FileIndex = records
        try await files.insert([file])
        for operation in ListFilter.Operation.allCases where operation.arity == .one {
            let condition = RecordQuery.Condition(
                field: "filename", operation: operation, values: [.text(file.filename)])
            let found = try await files.list(RecordQuery(teamID: file.teamID, conditions: [condition], limit: 5))
            let expected: Bool =
                switch operation {
                case .neq, .notContains, .gt, .lt: false
                default: true
                }
            #expect((found == [file]) == expected, "\(operation)")
        }
        #expect(try await records.file(id: file.id) == file)
    }

    @Test("a file of the first version opens with its records as they were")
    func migration() async throws {
        let old = try TemporaryDatabase()
        let id = Identifier.random()
        let team = Identifier.random()
        do {
            let queue = try DatabaseQueue(path: old.path)
            try Schema.migrator.migrate(queue, upTo: "1-tasks")
            try await queue.write { database in
                try database.execute(
                    sql: """
                        INSERT INTO files (id, team_id, user_id, created_at, updated_at, filename, content_type, path,
                            category, is_public) VALUES (?, ?, 'u', 1, 2, 'a.txt', 'text/plain', '/p', '', 0)
                        """, arguments: [id, team])
            }
            try queue.close()
        }
        let file = try #require(try await old.open().file(id: id))
        #expect(file.filename == "a.txt" && file.path == "/p" && file.teamID == team)
        #expect(file.expiresAt == nil)
        #expect(!file.hasGuessedType)
    }

    @Test("tasks of an older schema stay in the queue in their order, and ended ones as they were")
    func taskMigration() async throws {
        let ids = (0..<3).map { _ in Identifier.random() }
        let database = try TemporaryDatabase()
        do {
            let queue = try DatabaseQueue(path: database.path)
            try Schema.migrator.migrate(queue, upTo: "2-files")
            try await queue.write { database in
                for (id, (status, time)) in zip(ids, [(2, 9), (10, 1), (2, 3)]) {
                    try database.execute(
                        sql: """
                            INSERT INTO tasks (id, team_id, user_id, created_at, updated_at, status, app, app_id,
                                app_version_id, function, attempts, maximum_attempts, setup, output, input)
                            VALUES (?, ?, '', ?, ?, ?, 'a/b', '', '', 'run', 0, 3, 'null', 'null', '{}')
                            """, arguments: [id, ids[0], time, time, status])
                }
            }
            try queue.close()
        }
        let records = try database.open()
        #expect(try await records.task(id: ids[1])?.status == .completed)
        var claimed: [String] = []
        while let task = try await records.claim(owner: "me", leaseUntil: .sample, at: .sample) {
            claimed.append(task.id)
        }
        #expect(claimed == [ids[2], ids[0]])
    }
}
