// SPDX-License-Identifier: Apache-2.0

import Crypto
import FerryClient
import FerryTesting
import FerryWire
import Foundation
import Testing

/// Transfers through the SDK against a real server, over real sockets and onto a real disk.
@Suite struct SDKTransferTests {
    @Test func `every kind of source arrives as it was, with its options`() async throws {
        try await withFerryServer { ferry, server in
            let folder = try TestFolder()
            let photo = try folder.file("photo é.png", bytes: PatternedBytes.make(count: 100_000, seed: 1))
            let bytes = PatternedBytes.make(count: 70_001, seed: 2)

            let options = UploadFileOptions(
                filename: "custom.png", contentType: "image/png", path: "/custom/path", public: true)
            let custom = try await ferry.files.upload(path: photo.path, options: options)
            #expect(custom.filename == "custom.png")
            #expect(custom.contentType == "image/png")
            let record = try await ferry.files.get(custom.id)
            #expect(record.path == "/custom/path")
            #expect(record.isPublic)
            #expect(record.size == 100_000)
            #expect(!record.url.contains("sig="), "a public file's link needs no signature")

            let plain = try await ferry.files.upload(path: photo.path)
            #expect(plain.filename == "photo é.png")
            #expect(try await ferry.files.downloadBytes(plain) == PatternedBytes.make(count: 100_000, seed: 1))

            let memory = try await ferry.files.upload(
                bytes, options: UploadFileOptions(filename: "data.bin", contentType: "application/x-thing"))
            #expect(try await ferry.files.downloadBytes(memory.uri) == bytes)
            #expect(try await ferry.files.get(memory.id).sha256 == SHA256.hash(data: bytes).hexadecimal)

            let text = try await ferry.files.upload("data:text/plain,Hello%20World")
            #expect(text.contentType == "text/plain")
            #expect(try await ferry.files.downloadBytes(text) == Array("Hello World".utf8))

            let stream = AsyncThrowingStream<[UInt8], any Error> { continuation in
                for index in 0..<10 { continuation.yield(PatternedBytes.make(count: 30_000, seed: UInt64(index))) }
                continuation.finish()
            }
            let streamed = try await ferry.files.upload(stream, options: .init(filename: "log.txt"))
            let expected = (0..<10).flatMap { PatternedBytes.make(count: 30_000, seed: UInt64($0)) }
            #expect(try await ferry.files.downloadBytes(streamed) == expected)
        }
    }

    @Test func `twenty mixed uploads at once through one client all arrive intact`() async throws {
        try await withFerryServer { ferry, _ in
            let folder = try TestFolder()
            let sizes = [
                0, 1, 2, 1000, 4095, 4096, 65_535, 65_536, 65_537, 1 << 20, (1 << 20) + 1, 3_000_001, 8 << 20, 0, 13,
                16 << 20, 20_000_003, 32 << 20, 1 << 19, 64 << 20,
            ]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, size) in sizes.enumerated() {
                    group.addTask {
                        let bytes = PatternedBytes.make(count: size, seed: UInt64(index) + 100)
                        let file = try folder.file("file-\(index).bin", bytes: bytes)
                        let record = try await ferry.files.upload(path: file.path)
                        let copy = folder.url.appendingPathComponent("copy-\(index).bin").path
                        try await ferry.files.download(record, to: copy)
                        let same = try Data(contentsOf: URL(fileURLWithPath: copy)) == Data(bytes)
                        #expect(same, "file \(index) of \(size) bytes came back otherwise")
                    }
                }
                try await group.waitForAll()
            }
            var count = 0
            for try await record in ferry.files.all(pageSize: 3) {
                #expect(record.sha256 != nil, "every record is ready")
                count += 1
            }
            #expect(count == sizes.count)
        }
    }

    @Test func `progress rises to the whole and is acknowledged at the end`() async throws {
        try await withFerryServer { ferry, _ in
            let folder = try TestFolder()
            let file = try folder.file("big.bin", bytes: PatternedBytes.make(count: 5 << 20, seed: 9))
            var last: TransferProgress?
            var finished: FileDTO?
            for try await event in ferry.files.uploading(path: file.path) {
                switch event {
                case .progress(let progress):
                    #expect(progress.sent >= last?.sent ?? 0)
                    #expect(progress.acknowledged <= progress.sent)
                    last = progress
                case .finished(let record): finished = record
                }
            }
            #expect(last?.total == 5 << 20)
            #expect(last?.acknowledged == 5 << 20)
            #expect(finished?.size == 5 << 20)
        }
    }

    @Test func `a deleted file is gone, its bytes too, but not those of an equal file`() async throws {
        try await withFerryServer { ferry, server in
            let bytes = PatternedBytes.make(count: 50_000, seed: 4)
            let first = try await ferry.files.upload(bytes, options: .init(filename: "a.bin"))
            let second = try await ferry.files.upload(bytes, options: .init(filename: "b.bin"))
            #expect(try StoredBlobs.count(in: server.dataDirectory) == 1, "equal bytes are stored once")
            try await ferry.files.delete(first.id)
            await #expect(throws: FerryError.self) { try await ferry.files.get(first.id) }
            #expect(try await ferry.files.downloadBytes(second) == bytes)
            try await ferry.files.delete(second.id)
            #expect(try StoredBlobs.count(in: server.dataDirectory) == 0)
        }
    }

    @Test func `another team sees neither files nor tasks nor their existence`() async throws {
        try await withFerryServer { ferry, server in
            let file = try await ferry.files.upload(Array("secret".utf8), options: .init(filename: "s.txt"))
            let task = try await ferry.tasks.run(app: "file-inspector", input: ["file": .file(.record(file))])
            let key = try await ferry.keys.create(name: "other", team: "others")
            let other = try Ferry(apiKey: try #require(key.key), baseURL: server.baseURL)
            for attempt in [file.id, Identifier.random()] {
                let error = await #expect(throws: FerryError.self) { try await other.files.get(attempt) }
                #expect(error?.code == .notFound)
            }
            let hidden = await #expect(throws: FerryError.self) { try await other.tasks.get(task.id) }
            #expect(hidden?.code == .notFound)
            #expect(try await other.files.list().items.isEmpty)
            #expect(try await other.tasks.list().items.isEmpty)
            let refused = await #expect(throws: FerryError.self) {
                try await other.tasks.run(app: "file-inspector", input: ["file": .file(.uri(file.uri))])
            }
            #expect(refused?.message.contains("no such file") == true)
            try await other.shutdown()
        }
    }
}
