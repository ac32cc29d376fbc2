// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

@Suite(.timeLimit(.minutes(1)))
struct UploadRaceTests {
    /// Two bodies at once to one record, both held until both have begun.
    private func race(_ texts: [String], in world: World) async throws -> [Result<FileRecord, any Error>] {
        let record = try await world.pending()
        let uploads = try texts.map { text in
            let body = ControlledBody()
            body.send(text)
            let head = try world.head(of: record, length: Int64(text.utf8.count))
            let task = Task {
                let ticket = try await world.services.uploads.admit(head)
                return try await world.services.uploads.receive(ticket, body: body.stream)
            }
            return (body, task)
        }
        try await eventually("both have begun") { world.blobs.uploadCount == texts.count }
        for (body, _) in uploads { body.end() }
        var results: [Result<FileRecord, any Error>] = []
        for (_, task) in uploads { results.append(await task.result) }
        return results
    }

    @Test func `of two different bodies at once one wins and the other is told`() async throws {
        for _ in 0..<100 {
            let world = try await World()
            let results = try await race(["hello", "world"], in: world)
            let winners = results.compactMap { try? $0.get() }
            try #require(winners.count == 1)
            let loser = results.compactMap { result in
                if case .failure(let error) = result { error as? ServerError } else { nil }
            }
            #expect(loser.map(\.code) == [.conflict])
            let winner = winners[0]
            #expect(try await world.files.file(id: winner.id) == winner)
            #expect(try await world.blobKeys() == [winner.blob?.key])
            #expect(["hello", "world"].contains(try await world.text(of: winner)))
        }
    }

    @Test func `two equal bodies at once both succeed with one copy of the bytes`() async throws {
        for _ in 0..<100 {
            let world = try await World()
            let records = try await race(["hello", "hello"], in: world).map { try $0.get() }
            #expect(records[0] == records[1])
            #expect(try await world.blobKeys() == [records[0].blob?.key])
        }
    }

    @Test func `deleting the record during an upload leaves no bytes`() async throws {
        let world = try await World()
        let record = try await world.pending()
        let ticket = try await world.services.uploads.admit(try world.head(of: record, length: 10))
        let body = ControlledBody()
        body.send("hello")
        let upload = Task { try await world.services.uploads.receive(ticket, body: body.stream) }
        try await eventually("the first bytes came") { world.blobs.size == 5 }
        try await world.services.files.delete(id: record.id, by: world.root)
        body.send("world")
        body.end()
        let error = try await refusal { _ = try await upload.value }
        #expect(error.code == .notFound)
        #expect(world.blobs.size == 0)
        #expect(world.blobs.uploadCount == 0)
        #expect(try await world.files.file(id: record.id) == nil)
    }

    @Test func `uploads racing deletions of equal bytes never lose a record's bytes`() async throws {
        let world = try await World()
        let results = await withTaskGroup { group in
            for number in 0..<60 {
                group.addTask { () -> FileRecord? in
                    guard let record = try? await world.ready("same") else { return nil }
                    guard number % 2 == 0 else { return record }
                    try? await world.services.files.delete(id: record.id, by: world.root)
                    return nil
                }
            }
            return await group.reduce(into: [FileRecord]()) { if let record = $1 { $0.append(record) } }
        }
        #expect(results.count == 30)
        for record in results { #expect(try await world.text(of: record) == "same") }
        #expect(try await Set(world.blobKeys()) == Set(results.compactMap { $0.blob?.key }))
    }
}
