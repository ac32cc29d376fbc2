// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryTesting
import FerryWire
import Foundation
import Testing

/// What a server's death, of whatever kind, leaves behind: everything acknowledged, and nothing else.
@Suite struct RestartTests {
    @Test func `a killed server keeps what it acknowledged and drops what it did not`() async throws {
        let folder = try TestFolder()
        let data = folder.url.appendingPathComponent("data").path
        let bytes = PatternedBytes.make(count: 300_000, seed: 1)
        let kept = try await withFerryServer(dataDirectory: data) { ferry, server in
            let kept = try await ferry.files.upload(bytes, options: .init(filename: "kept.bin"))
            // A large upload is under way when the server dies.
            let large = try folder.file("large.bin", bytes: PatternedBytes.make(count: 64 << 20, seed: 2))
            await #expect(throws: (any Error).self) {
                for try await event in ferry.files.uploading(path: large.path) {
                    if case .progress(let progress) = event, progress.sent > 1 << 20 { server.killAbruptly() }
                }
            }
            return kept
        }
        try await withFerryServer(dataDirectory: data) { ferry, server in
            #expect(try await ferry.files.downloadBytes(kept.uri) == bytes)
            let names = try StoredBlobs.files(in: data).map(\.lastPathComponent)
            #expect(names.count == 1, "nothing of the cut upload is left, but \(names)")
            let records = try await ferry.files.list().items
            #expect(records.filter { $0.sha256 != nil }.map(\.id) == [kept.id])
        }
    }

    @Test func `a task interrupted by a kill runs again and ends once`() async throws {
        let folder = try TestFolder()
        let data = folder.url.appendingPathComponent("data").path
        let id = try await withFerryServer(dataDirectory: data) { ferry, server in
            let large = try folder.file("large.bin", bytes: PatternedBytes.make(count: 128 << 20, seed: 3))
            let file = try await ferry.files.upload(path: large.path)
            let task = try await ferry.tasks.run(
                app: "file-inspector", input: ["file": .file(.record(file))], wait: false)
            for try await update in ferry.tasks.updates(of: task.id) where update.status >= .dispatched {
                server.killAbruptly()
                break
            }
            return task.id
        }
        try await withFerryServer(dataDirectory: data) { ferry, _ in
            var last: TaskDTO?
            for try await update in ferry.tasks.updates(of: id) { last = update }
            #expect(last?.status == .completed)
            #expect(last?.output["size"]?.integerValue == 128 << 20)
            let ends = last?.events.filter { $0.status.isTerminal } ?? []
            #expect(ends.count == 1)
            #expect(last?.events.filter { $0.status == .dispatched }.count == 2, "it was begun twice")
        }
    }

    @Test func `a stopped server lets a transfer finish`() async throws {
        let folder = try TestFolder()
        let data = folder.url.appendingPathComponent("data").path
        let size = 48 << 20
        let file = try folder.file("large.bin", bytes: PatternedBytes.make(count: size, seed: 5))
        let record = try await withFerryServer(dataDirectory: data) { ferry, server in
            var record: FileDTO?
            var isStopped = false
            for try await event in ferry.files.uploading(path: file.path) {
                switch event {
                case .progress(let progress) where progress.sent > 1 << 20 && !isStopped:
                    isStopped = true
                    kill(server.processID, SIGTERM)
                case .progress: break
                case .finished(let finished): record = finished
                }
            }
            return try #require(record)
        }
        try await withFerryServer(dataDirectory: data) { ferry, _ in
            let stored = try await ferry.files.get(record.id)
            #expect(stored.sha256 == record.sha256)
            #expect(stored.size == Int64(size))
        }
    }
}
