// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import NIOHTTP1
import Testing

@testable import FerryClient

/// Files that go with a message.
@Suite(.timeLimit(.minutes(2))) struct AgentFileTests {
    private static let stub = ChatStub(streams: [
        chatLines([.message(answer("ok", status: .ready)), .chat(chat(.completed))])
    ])

    private struct Chunks: AsyncSequence, Sendable {
        var chunks: [[UInt8]]
        struct AsyncIterator: AsyncIteratorProtocol {
            var rest: ArraySlice<[UInt8]>
            mutating func next() async throws -> [UInt8]? { rest.popFirst() }
        }
        func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rest: chunks[...]) }
    }

    @Test func `every kind of file is attached, in order`() async throws {
        try await withFolder { folder in
            try write(Array("%PDF-1.7".utf8), to: "\(folder)/doc.pdf")
            let files: [AgentFile] = [
                .uri("https://example.org/a%20b/photo.jpg?signature=x"), .path("\(folder)/doc.pdf"),
                .record(record(filename: "r.bin", size: 7)), .data(noise(3000), filename: "n.bin"),
                .dataURI("data:text/html,hi", filename: "x.html"), .uri("inf://files/\(fileID)/y.png"),
                .base64("aGVsbG8=", filename: "h.txt"), .stream(Chunks(chunks: [[1], [2, 3]]), filename: "s.png"),
                .reference(FileRef(uri: "u", filename: "f", contentType: "a/b", size: 3)),
                .data(Data([5]), filename: "d.csv", contentType: "text/csv"), AgentFile(.data([9], filename: "z")),
            ]
            try await withStub(script: { Self.stub.reply($0, $1) }) { (ferry, server) async throws in
                try await ferry.agents.create("a/b").sendMessage("hi", files: files)
                let input = try #require(server.requests("POST", "/agents/run").first?.json?["input"])
                let sent = try (input["attachments"]?.arrayValue ?? []).map { try FileRef(json: $0) }
                #expect(
                    sent.map(\.filename) == [
                        "photo.jpg", "doc.pdf", "r.bin", "n.bin", "x.html", "y.png", "h.txt", "s.png", "f", "d.csv",
                        "z",
                    ])
                #expect(sent[0].uri == "https://example.org/a%20b/photo.jpg?signature=x")
                #expect(sent[0].contentType == "image/jpeg")
                #expect(sent[5].id == fileID && sent[5].contentType == "image/png")
                #expect(sent[2].size == 7)
                #expect(sent[8].uri == "u" && sent[8].contentType == "a/b")
                let made = server.requests("POST", "/files").compactMap { $0.json?["files"]?[0] }
                #expect(made.count == 7)
                let types = Dictionary(uniqueKeysWithValues: made.map { ($0["filename"], $0["content_type"]) })
                #expect(types["doc.pdf"] == "application/pdf")
                #expect(types["x.html"] == "text/html")
                #expect(types["s.png"] == "image/png")
                #expect(types["d.csv"] == "text/csv")
            }
        }
    }

    @Test func `uploads run side by side, and equal files once`() async throws {
        let underway = Shared((now: 0, most: 0))
        try await withStub(script: { request, server in
            guard request.method == "PUT" else { return Self.stub.reply(request, server) }
            underway.change { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            _ = try? await eventually(within: .milliseconds(300)) { underway.value.most == 4 }
            underway.change { $0.now -= 1 }
            return Self.stub.reply(request, server)
        }) { (ferry, server) async throws in
            let files = (0..<8).map { AgentFile.data([UInt8($0)], filename: "\($0)") } + [.data([0], filename: "0")]
            let steps = Shared<[UploadPlanProgress]>([])
            try await ferry.agents.create("a/b").sendMessage(
                "hi", files: files, progress: { step in steps.change { $0.append(step) } })
            #expect(underway.value.most == 4)
            #expect(server.requests("POST", "/files").count == 8)
            let sent = server.requests("POST", "/agents/run").first?.json?["input"]?["attachments"]?.arrayValue ?? []
            #expect(sent.count == 9)
            #expect(sent.first?["uri"] == sent.last?["uri"])
            #expect(steps.value.last?.finishedFiles == 8)
        }
    }

    enum Trouble: CaseIterable, Sendable {
        case refused, refusedAsTooLarge, putRefused, putTooLarge, cut, tooLarge, missing, folder, address, inline,
            password
    }

    @Test(arguments: Trouble.allCases)
    func `one file that fails stops the message, is named, and leaves nothing`(trouble: Trouble) async throws {
        try await withFolder { folder in
            try write(noise(100), to: "\(folder)/good.bin")
            let good = AgentFile.path("\(folder)/good.bin")
            let (bad, name, code): (AgentFile, String, FerryError.Code) =
                switch trouble {
                case .refused: (.data([1], filename: "bad.exe"), "bad.exe", .forbidden)
                case .refusedAsTooLarge: (.data([1], filename: "bad.exe"), "bad.exe", .tooLarge)
                case .putRefused: (.data([1], filename: "bad.exe"), "bad.exe", .uploadFailed)
                case .putTooLarge: (.data([1], filename: "bad.exe"), "bad.exe", .tooLarge)
                case .cut: (.stream(Chunks(chunks: [[1]]), filename: "bad.exe"), "bad.exe", .connection)
                case .tooLarge: (.base64("aGVsbG8gd29ybGQ=", filename: "big.txt"), "big.txt", .limitExceeded)
                case .missing: (.path("\(folder)/none.bin"), "\(folder)/none.bin", .localFileNotFound)
                case .folder: (.path(folder), folder, .localFile)
                case .address: (.uri("/etc/passwd"), "\"/etc/passwd\"", .invalidInput)
                case .password:
                    (.uri("https://me:hunter2@h.org/x"), "\"https://…@h.org/x\"", .invalidInput)
                case .inline: (.dataURI("data:;base64,*"), "a data: URI", .invalidDataURI)
                }
            let records = Shared<[String]>([])
            try await withStub(
                change: { if trouble == .tooLarge { $0.limits.maximumInlineSize = 4 } },
                script: { request, server in
                    let isBad = request.json?["files"]?[0]?["filename"] == "bad.exe"
                    if request.path == "/files", isBad {
                        // The good one is there by then.
                        _ = try? await eventually { server.requests.contains { $0.bodySize == 100 } }
                        if trouble == .refused { return .problem(403, "forbidden", "no programs") }
                        if trouble == .refusedAsTooLarge { return .problem(413, "too_large", "1 byte is too much") }
                    }
                    if request.method == "PUT", request.bodySize == 1 {
                        switch trouble {
                        case .putRefused: return .problem(403, "forbidden", "no programs")
                        case .putTooLarge: return .problem(413, "too_large", "1 byte is too much")
                        case .cut: return .reset
                        default: break
                        }
                    }
                    return Self.stub.reply(request, server)
                }
            ) { (ferry, server) async throws in
                let agent = ferry.agents.create("a/b")
                let error = await ferryError { try await agent.sendMessage("hi", files: [good, bad]) }
                #expect(error?.code == code, "\(String(describing: error))")
                #expect(error?.message.contains("file 2 (\(name))") == true, "\(String(describing: error))")
                #expect(error?.pointer?.description == "/files/1")
                #expect(error.map { "\($0)".contains("hunter2") } == false, "the password is told")
                #expect(server.requests("POST", "/agents/run").isEmpty)
                #expect(agent.chatID == nil)
                let isRefused = trouble == .refused || trouble == .refusedAsTooLarge
                let made = server.requests("POST", "/files").count - (isRefused ? 1 : 0)
                #expect(try await eventually { server.requests.count { $0.method == "DELETE" } == made })
                records.change { $0 = server.requests.map(\.method) }
            }
        }
    }

    @Test func `a path that somebody else named leads nowhere it should not`() async throws {
        try await withFolder { folder in
            try FileManager.default.createDirectory(atPath: "\(folder)/in/.ssh", withIntermediateDirectories: true)
            try write(Array("fine".utf8), to: "\(folder)/in/fine.txt")
            try write(Array("key".utf8), to: "\(folder)/in/.ssh/id_ed25519")
            try write(Array("key".utf8), to: "\(folder)/in/server.pem")
            try write(Array("out".utf8), to: "\(folder)/out.txt")
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/in/link.txt", withDestinationPath: "\(folder)/out.txt")
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/in/users.txt", withDestinationPath: "/etc/passwd")
            for (path, code) in [
                ("/etc/passwd", FerryError.Code.forbidden), ("/proc/self/environ", .forbidden),
                ("\(folder)/in/.ssh/id_ed25519", .forbidden),
                ("\(folder)/in/server.pem", .forbidden), ("\(folder)/in/link.txt", .forbidden),
                ("\(folder)/in/users.txt", .forbidden), ("\(folder)/in/../out.txt", .forbidden),
                ("\(folder)/in", .localFile), ("\(folder)/in/none.txt", .localFileNotFound),
                ("data:text/plain,x", .localFileNotFound), ("https://example.org/x", .localFileNotFound),
            ] {
                try await withStub(script: { Self.stub.reply($0, $1) }) { (ferry, server) async throws in
                    let error = await #expect(throws: FerryError.self) {
                        try await ferry.agents.create("a/b").sendMessage(
                            "see", files: [.data([1]), .untrustedPath(path, beneath: ["\(folder)/in"])])
                    }
                    #expect(error?.code == code, "\(path): \(String(describing: error))")
                    #expect(error?.message.contains("file 2 (\(path))") == true, "\(String(describing: error))")
                    #expect(server.requests.isEmpty, "\(path)")
                }
            }
            try await withStub(script: { Self.stub.reply($0, $1) }) { (ferry, server) async throws in
                let file = AgentFile.untrustedPath("\(folder)/in/fine.txt", beneath: ["\(folder)/in"])
                try await ferry.agents.create("a/b").sendMessage("see", files: [file])
                let sent = server.requests("POST", "/agents/run").first?.json?["input"]?["attachments"]?[0]
                #expect(sent?["filename"] == "fine.txt")
            }
        }
    }

    @Test func `too many files are refused before any is looked at`() async throws {
        try await withStub(script: { Self.stub.reply($0, $1) }) { (ferry, server) async throws in
            let files = (0...Agent.maximumFiles).map { AgentFile.path("/nowhere/\($0)") }
            let error = await ferryError { try await ferry.agents.create("a/b").sendMessage("hi", files: files) }
            #expect(error?.code == .limitExceeded)
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `a message that is refused leaves none of its files`() async throws {
        let stub = ChatStub(streams: [], post: .problem(404, "not_found", "no such agent"))
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, server) async throws in
            let kept = AgentFile.record(record())
            let error = await ferryError {
                try await ferry.agents.create("a/b").sendMessage("hi", files: [.data([1]), kept, .data([2])])
            }
            #expect(error?.code == .notFound)
            #expect(server.requests.count { $0.method == "DELETE" } == 2)
            #expect(!server.requests.contains { $0.path.hasSuffix(fileID) })
        }
    }

    @Test func `bytes are uploaded for later`() async throws {
        try await withStub(script: { Self.stub.reply($0, $1) }) { (ferry, _) async throws in
            let agent = ferry.agents.create("a/b")
            let reference = try await agent.uploadFile(Data("%PDF-1.7".utf8), filename: "doc.pdf")
            #expect(reference.size == 8)
            #expect(reference.uri.hasPrefix("inf://files/"))
            let kept = AgentFile.reference(reference)
            #expect(try await agent.uploadFile(kept) == reference)
            #expect(try await agent.uploadFile(.data([1], filename: "x")).size == 1)
        }
    }
}
