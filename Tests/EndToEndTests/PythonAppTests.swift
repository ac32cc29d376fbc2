// SPDX-License-Identifier: Apache-2.0

import Crypto
import FerryClient
import FerryWire
import Foundation
import Testing

/// The Python apps of `Tests/Apps` through the SDK.
@Suite(.serialized) struct PythonAppTests {
    @Test func `plain values go in and come out`() async throws {
        try await FolderApps.with("python") { ferry in
            let text = try await FolderApps.output("plain-text", ["text": "ferry", "upper": true], ferry)
            #expect(text == ["text": "YRREF", "length": 5])
            let sum = try await FolderApps.output("functions", ["a": 20, "b": 22], ferry)
            #expect(sum["value"]?.doubleValue == 42)
            let options = RunOptions(function: "total")
            let total = try await FolderApps.output("functions", ["numbers": [1.5, 2, 3]], ferry, options: options)
            #expect(total["value"]?.doubleValue == 6.5)
            let words = try await FolderApps.output("synchronous", ["text": "one two three"], ferry)
            #expect(words["words"] == 3)
            let package = try await FolderApps.output("package", ["text": "ferry"], ferry)
            #expect(package == ["shouted": "FERRY!", "letters": 5, "known": true])
            let squares = try await FolderApps.output("generator", ["steps": 4], ferry)
            #expect(squares == ["squares": [1, 4, 9, 16], "done": true])
            let setup = RunOptions(setup: ["greeting": "Moin", "repeat": 2])
            let greeting = try await FolderApps.output("setup-config", ["name": "you"], ferry, options: setup)
            #expect(greeting["text"] == "Moin Moin, you!")
        }
    }

    @Test func `files go in and come out whole`() async throws {
        try await FolderApps.with("python") { ferry in
            let parts = (1...3).map { PatternedBytes.make(count: 100_000 * $0 + 7, seed: UInt64($0)) }
            let input: InputValue = .object([
                (key: "parts", value: .array(parts.map { .file(.data($0, filename: "part.bin")) })),
                (key: "separator", value: "|"),
            ])
            let joined = try await FolderApps.output("file-list", input, ferry)
            let whole = try await ferry.files.downloadBytes(joined["whole"])
            #expect(whole == Array(parts.joined(separator: Array("|".utf8))))
            for (index, part) in parts.enumerated() {
                let numbered = try await ferry.files.downloadBytes(joined["numbered"]?[index])
                #expect(numbered == Array("\(index + 1):".utf8) + part)
                let digest = SHA256.hash(data: part).map { String(format: "%02x", $0) }.joined()
                #expect(joined["digests"]?["part-\(index + 1)"] == .string(digest))
            }
            let none = try await FolderApps.output("optional-file", ["note": "nothing"], ferry)
            #expect(none["present"] == false)
            #expect(none["note"] == "nothing")
            let file: InputValue = .object([
                (key: "file", value: .file(.data(parts[0], filename: "a b.csv", contentType: "text/csv")))
            ])
            let one = try await FolderApps.output("optional-file", file, ferry)
            #expect(one["present"] == true)
            #expect(one["size"]?.integerValue == Int64(parts[0].count))
            #expect(one["filename"] == "a b.csv")
            #expect(one["content_type"] == "text/csv")
        }
    }

    @Test func `a picture is worked on with a library of the app's own`() async throws {
        try await FolderApps.with("python") { ferry in
            let input: InputValue = .object([
                (key: "image", value: .file(.path(SDKTaskTests.photo))), (key: "width", value: 60),
            ])
            let output = try await FolderApps.output("picture", input, ferry)
            #expect(output["width"] == 60)
            #expect(output["height"] == 40)
            #expect(output["output_meta"] == nil)
            let bytes = try await ferry.files.downloadBytes(output["image"])
            #expect(Array(bytes[16..<24]) == [0, 0, 0, 60, 0, 0, 0, 40])
            #expect(output["image"]?["content_type"] == "image/png")
        }
    }

    @Test func `outputs are taken from the places that published apps use, and from no other`() async throws {
        try await FolderApps.with("python") { ferry in
            for place in ["tmp", "here"] {
                let input: InputValue = ["place": .string(place), "text": .string("left in \(place)")]
                let output = try await FolderApps.output("places", input, ferry)
                let bytes = try await ferry.files.downloadBytes(output["file"])
                #expect(bytes == Array("left in \(place)".utf8))
            }
            let error = await #expect(throws: FerryError.self) {
                try await FolderApps.output("places", ["place": "etc"], ferry)
            }
            #expect(error?.code == .taskFailed)
        }
    }

    @Test func `200 MiB come out whole`() async throws {
        try await FolderApps.with("python") { ferry in
            let folder = try TestFolder()
            let target = folder.url.appendingPathComponent("large.bin").path
            let output = try await FolderApps.output("large-output", ["mebibytes": 200], ferry)
            try await ferry.files.download(output["file"], to: target)
            var expected = SHA256()
            for number in 0..<200 {
                var block = Array(SHA256.hash(data: Array("block \(number)".utf8)))
                while block.count < 1 << 20 { block += block }
                expected.update(data: block)
            }
            var found = SHA256()
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: target))
            while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty { found.update(data: piece) }
            #expect(Array(found.finalize()) == Array(expected.finalize()))
        }
    }

    @Test func `a failure is told in the app's words, and the next task runs`() async throws {
        try await FolderApps.with("python") { ferry in
            let value = await #expect(throws: FerryError.self) {
                try await FolderApps.output("failure", ["kind": "value"], ferry)
            }
            #expect(value?.code == .taskFailed)
            #expect(value?.message.contains("the tide is out: wait until six") == true, "\(value?.message ?? "")")
            for kind in ["output", "exit", "kill"] {
                let error = await #expect(throws: FerryError.self) {
                    try await FolderApps.output("failure", ["kind": .string(kind)], ferry)
                }
                #expect(error?.code == .taskFailed)
            }
            let fine = try await FolderApps.output("failure", ["kind": "none"], ferry)
            #expect(fine["text"] == "fine")
        }
    }

    @Test func `what an app prints is its log, and 1 MiB of it does not keep the answer back`() async throws {
        try await FolderApps.with("python") { ferry in
            try await FolderApps.ready("tests/log-output", ferry)
            let result = try await ferry.tasks.run(app: "tests/log-output", input: ["size": 1_048_576])
            #expect(result.output == ["printed": 1_048_576])
            // The latest text is kept: of a shorter log all of it.
            let short = try await ferry.tasks.run(app: "tests/log-output", input: ["size": 4096])
            let logs = try await ferry.tasks.logs(short.id)
            let text = logs.map(\.content).joined()
            #expect(text.contains("from the logger of the app"))
            #expect(text.contains("past python"))
            #expect(text.contains("from a child"))
        }
    }

    @Test func `a slow app hears that it is to stop, and one that does not listen is stopped`() async throws {
        try await FolderApps.with("python") { ferry in
            try await FolderApps.ready("tests/slow-cancel", ferry)
            for isDeaf in [false, true] {
                let task = try await ferry.tasks.start(
                    app: "tests/slow-cancel", input: ["seconds": 300, "deaf": .bool(isDeaf)])
                for try await update in ferry.tasks.updates(of: task.id) where update.status == .running { break }
                try await ferry.tasks.cancel(task.id)
                let clock = ContinuousClock()
                let start = clock.now
                let error = await #expect(throws: FerryError.self) { try await ferry.tasks.wait(for: task.id) }
                #expect(error?.code == .taskCancelled)
                #expect(clock.now - start < .seconds(60))
                let logs = try await ferry.tasks.logs(task.id)
                #expect(logs.map(\.content).joined().contains("told to stop"))
            }
        }
    }
}
