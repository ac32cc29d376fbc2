// SPDX-License-Identifier: Apache-2.0

import FerryMetadataSQLite
import FerryServerCore
import FerryTesting
import FerryWire
import Testing

@Suite("SQLite records and their ports")
struct SQLiteConformanceTests {
    let database: TemporaryDatabase

    init() throws { database = try TemporaryDatabase() }

    @Test("SQLiteMetadata passes FileIndexConformance")
    func fileIndex() async throws {
        try await FileIndexConformance { [database] in try database.openAnother() }.run()
        #expect(FileIndexConformance.checks.count > 10)
    }

    @Test("SQLiteMetadata passes TaskStoreConformance")
    func taskStore() async throws {
        try await TaskStoreConformance { [database] in try database.openAnother() }.run()
        #expect(TaskStoreConformance.checks.count > 10)
    }

    @Test("SQLiteMetadata passes TaskQueueConformance")
    func taskQueue() async throws {
        try await TaskQueueConformance { [database] in try database.openAnother() }.run()
        #expect(TaskQueueConformance.checks.count > 10)
    }

    @Test("SQLiteMetadata passes TaskFileIndexConformance")
    func taskFileIndex() async throws {
        try await TaskFileIndexConformance { [database] in try database.openAnother() }.run()
        #expect(TaskFileIndexConformance.checks.count > 3)
    }

    @Test("SQLiteMetadata passes WebhookOutboxConformance")
    func webhookOutbox() async throws {
        try await WebhookOutboxConformance { [database] in try database.openAnother() }.run()
        #expect(WebhookOutboxConformance.checks.count > 5)
    }

    @Test("SQLiteMetadata passes AccessStoreConformance")
    func accessStore() async throws {
        try await AccessStoreConformance { [database] in try database.openAnother() }.run()
        #expect(AccessStoreConformance.checks.count > 5)
    }

    @Test("SQLiteMetadata passes SecretStoreConformance")
    func secretStore() async throws {
        try await SecretStoreConformance { [database] in try database.openAnother() }.run()
        #expect(SecretStoreConformance.checks.count > 2)
    }

    @Test("SQLiteMetadata passes SessionStoreConformance")
    func sessionStore() async throws {
        try await SessionStoreConformance { [database] in try database.openAnother() }.run()
        #expect(SessionStoreConformance.checks.count > 5)
    }

    @Test("SQLiteMetadata passes ChatStoreConformance")
    func chatStore() async throws {
        try await ChatStoreConformance { [database] in try database.openAnother() }.run()
        #expect(ChatStoreConformance.checks.count > 20)
    }

    @Test("a task's session outlives a restart, and finds its tasks")
    func sessionOfTask() async throws {
        var task = TaskRecord.sample(status: .queued)
        task.session = TaskRecord.Session(id: Identifier.random(), timeout: 7)
        let first = try database.open()
        try await first.insert(task)
        try await first.insert(TaskRecord.sample(teamID: task.teamID, status: .queued))
        try first.close()
        let records = try database.open()
        #expect(try await records.task(id: task.id) == task)
        let query = RecordQuery(
            teamID: task.teamID,
            conditions: [.init(field: "session_id", operation: .eq, values: [.text(task.session?.id ?? "")])],
            limit: 10)
        let found: [TaskRecord] = try await records.list(query)
        #expect(found.map(\.id) == [task.id])
    }

    @Test("two servers on one file never claim one task twice")
    func twoServers() async throws {
        let servers = [try database.open(), try database.open()]
        for _ in 0..<30 { try await servers[0].insert(TaskRecord.sample(status: .queued)) }
        let claimed = try await withThrowingTaskGroup(of: [String].self) { group in
            for number in 0..<8 {
                group.addTask {
                    var ids: [String] = []
                    let server = servers[number % 2]
                    while let task = try await server.claim(
                        owner: "\(number)", leaseUntil: .sample.advanced(bySeconds: 60), at: .sample)
                    {
                        ids.append(task.id)
                    }
                    return ids
                }
            }
            return try await group.reduce(into: [String]()) { $0 += $1 }
        }
        #expect(claimed.count == 30)
        #expect(Set(claimed).count == 30)
    }

    @Test("two servers on one file give one team and one secret")
    func twoServersOneTeam() async throws {
        let first = try database.open()
        let second = try database.open()
        async let team = first.team(named: "default", newID: Identifier.random(), at: .sample)
        async let other = second.team(named: "default", newID: Identifier.random(), at: .sample)
        #expect(try await team == other)
        async let secret = first.secret(named: "links", orInsert: [1])
        async let otherSecret = second.secret(named: "links", orInsert: [2])
        #expect(try await secret == otherSecret)
    }
}
