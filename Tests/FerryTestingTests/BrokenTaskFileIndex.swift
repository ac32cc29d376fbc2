// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryTesting
import FerryWire
import Testing

/// Removes entries of every role, whichever is named.
struct BrokenTaskFileIndex: TaskFileIndex {
    let sound = InMemoryTaskFileIndex()

    func insertTaskFiles(_ files: [TaskFileRecord]) async throws { try await sound.insertTaskFiles(files) }

    func taskFiles(ofTask id: String, role: TaskFileDTO.Role?) async throws -> [TaskFileRecord] {
        try await sound.taskFiles(ofTask: id, role: role)
    }

    func removeTaskFiles(ofTask id: String, role: TaskFileDTO.Role?, fileIDs: [String]?) async throws {
        try await sound.removeTaskFiles(ofTask: id, role: nil, fileIDs: fileIDs)
    }
}

extension BrokenDriverTests {
    @Test("an index of task files that removes too many")
    func removesTooMany() async throws {
        let failure = await #expect(throws: ConformanceFailure.self) {
            try await TaskFileIndexConformance { BrokenTaskFileIndex() }.run()
        }
        #expect(failure?.check.contains("removed by role") == true)
    }

    @Test("an outbox that shows what another sender has taken")
    func twoSenders() async throws {
        let failure = await #expect(throws: ConformanceFailure.self) {
            try await WebhookOutboxConformance { BrokenTaskStore(fault: .claimsTwice) }.run()
        }
        #expect(failure?.check.contains("held") == true)
    }
}

extension BrokenTaskStore: WebhookOutbox {
    func takeDueWebhooks(
        at time: Timestamp, heldUntil: Timestamp, limit: Int, teamLimit: Int
    ) async throws -> [WebhookDelivery] {
        try await sound.takeDueWebhooks(at: time, heldUntil: time, limit: limit, teamLimit: teamLimit)
    }

    func postponeWebhook(taskID: String, until time: Timestamp, countsAttempt: Bool) async throws {
        try await sound.postponeWebhook(taskID: taskID, until: time, countsAttempt: countsAttempt)
    }

    func nextWebhookTime() async throws -> Timestamp? { try await sound.nextWebhookTime() }

    func removeWebhook(taskID: String) async throws { try await sound.removeWebhook(taskID: taskID) }
}
