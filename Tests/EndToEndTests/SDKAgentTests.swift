// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryTesting
import FerryWire
import Foundation
import Testing

/// Messages to agents of a real server, over connections that fail.
@Suite(.timeLimit(.minutes(3))) struct SDKAgentTests {
    enum Trouble: CaseIterable, Sendable {
        case missing, folder, device, denied, deniedByLink, tooLarge, notBase64, noAddress, unknownFile
        case refused, refusedOnTheWay, tooLargeOnTheWay, cut, cutEachTime
    }

    /// What a message leaves on a server.
    private struct Holdings: Equatable {
        var messages: [String: [String]] = [:]
        var files: Set<String> = []
        var blobs: Set<String> = []

        init(_ ferry: Ferry, _ server: FerryTestServer) async throws {
            for try await chat in ferry.agents.allChats() {
                for try await message in ferry.agents.allMessages(chat.id) {
                    messages[chat.id, default: []].append(message.id)
                }
            }
            for try await file in ferry.files.all() { files.insert(file.id) }
            blobs = Set(try StoredBlobs.files(in: server.dataDirectory).map(\.lastPathComponent))
        }
    }

    @Test(arguments: Trouble.allCases)
    func `a file that fails stops the message, is named, and the server holds what it held before`(
        trouble: Trouble
    ) async throws {
        try await withFerryServer { ferry, server in
            let folder = try TestFolder()
            let good = try folder.file("good.txt", bytes: Array("good".utf8))
            let spoken = ferry.agents.create("file-inspector")
            try await spoken.sendMessage("first", files: [.path(good.path)])
            let before = try await Holdings(ferry, server)
            #expect(before.messages.values.map(\.count) == [2] && before.files.count == 1)

            let (bad, name, code) = try Self.file(trouble, in: folder)
            // Who may upload nothing fails with the first file already.
            let files = trouble == .refused ? [bad] : [.path(good.path), bad]
            try await Self.connected(trouble, ferry, server, folder) { client in
                for chatID in [nil, spoken.chatID] {
                    let agent = client.agents.create("file-inspector", chatID: chatID)
                    let error = await #expect(throws: FerryError.self) {
                        try await agent.sendMessage("never to be said", files: files)
                    }
                    #expect(error?.code == code, "\(String(describing: error))")
                    let said = error?.message ?? ""
                    #expect(said.contains("file \(files.count) (\(name))"), "\(said)")
                    #expect(error?.pointer?.description == "/files/\(files.count - 1)")
                    #expect(agent.chatID == chatID, "no chat was begun")
                    // What can be had only once is another one each time.
                    if case .cut = trouble { break }
                }
            }
            let deadline = ContinuousClock.now + .seconds(15)
            var after = try await Holdings(ferry, server)
            while after != before, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(50))
                after = try await Holdings(ferry, server)
            }
            #expect(after == before)
        }
    }

    private static func file(
        _ trouble: Trouble, in folder: TestFolder
    ) throws -> (AgentFile, name: String, FerryError.Code) {
        let large = try folder.file("large.bin", bytes: PatternedBytes.make(count: 4 << 20, seed: 7)).path
        let inside = try folder.folder("inside").path
        try folder.link("inside/link.txt", to: "../good.txt")
        return switch trouble {
        case .missing: (.path("\(inside)/none.txt"), "\(inside)/none.txt", .localFileNotFound)
        case .folder: (.path(inside), inside, .localFile)
        case .device: (.path("/dev/zero"), "/dev/zero", .localFile)
        case .denied: (.untrustedPath("/etc/passwd", beneath: [inside]), "/etc/passwd", .forbidden)
        case .deniedByLink:
            (.untrustedPath("\(inside)/link.txt", beneath: [inside]), "\(inside)/link.txt", .forbidden)
        case .tooLarge:
            (.base64(Data(count: 5000).base64EncodedString(), filename: "big.txt"), "big.txt", .limitExceeded)
        case .notBase64: (.base64("*", filename: "odd.txt"), "odd.txt", .invalidInput)
        case .noAddress: (.uri("/etc/passwd"), "\"/etc/passwd\"", .invalidInput)
        case .unknownFile:
            (
                .uri("inf://files/aaaaaaaaaaaaaaaaaaaaaaaaaa/gone.txt"),
                "\"inf://files/aaaaaaaaaaaaaaaaaaaaaaaaaa/gone.txt\"", .notFound
            )
        case .refused: (.path(large), large, .forbidden)
        case .refusedOnTheWay: (.path(large), large, .uploadFailed)
        case .tooLargeOnTheWay: (.path(large), large, .tooLarge)
        case .cut:
            (
                .stream(
                    AsyncStream { continuation in
                        for index in 0..<64 {
                            continuation.yield(PatternedBytes.make(count: 65_536, seed: UInt64(index)))
                        }
                        continuation.finish()
                    }, filename: "stream.bin"), "stream.bin", .connection
            )
        case .cutEachTime: (.path(large), large, .connection)
        }
    }

    /// Runs the body with a client to which the trouble happens.
    private static func connected(
        _ trouble: Trouble, _ ferry: Ferry, _ server: FerryTestServer, _ folder: TestFolder,
        _ body: (Ferry) async throws -> Void
    ) async throws {
        var key = server.apiKey
        if trouble == .refused {
            key = try #require(
                try await ferry.keys.create(name: "reader", scopes: ["files:read", "apps:execute"]).key)
        }
        var configuration = FerryConfiguration()
        configuration.apiKey = APIKey(key)
        configuration.limits.maximumInlineSize = trouble == .tooLarge ? 4096 : 1 << 20
        configuration.retry = RetryPolicy(maximumAttempts: 3, baseDelay: .milliseconds(20))
        let fault: (String, Int)? =
            switch trouble {
            case .refusedOnTheWay: ("answer-put", 403)
            case .tooLargeOnTheWay: ("answer-put", 413)
            case .cut, .cutEachTime: ("cut-put", 200_000)
            default: nil
            }
        guard let fault else {
            configuration.baseURL = server.baseURL
            return try await withFerry(configuration: configuration, body)
        }
        let command = CLICommand(folder: folder)
        let cuts = [.cut: 1, .cutEachTime: 6][trouble] ?? 0
        try await command.withFaultProxy(of: server.baseURL, fault.0, fault.1, cuts: cuts) { address in
            configuration.baseURL = address
            try await withFerry(configuration: configuration, body)
        }
    }

    @Test func `cut every few lines, a stream of 200 increments is told whole, once, and the message is said once`()
        async throws
    {
        let folder = try TestFolder()
        let command = CLICommand(folder: folder)
        try await command.withModelServer { address in
            // The secrets of the server's environment are how its operator names the model server.
            let program = try folder.file(
                "ferry-with-model",
                bytes: Array(
                    """
                    #!/bin/sh
                    export FERRY_SECRET_OPENAI_BASE_URL='\(address)/v1'
                    exec '\(CLICommand.program.path)' "$@"

                    """.utf8))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
            try await withFerryServer(executable: program.path) { ferry, server in
                try await command.withFaultProxy(of: server.baseURL, "cut-streams", 7000, cuts: 5) { address in
                    var configuration = FerryConfiguration()
                    configuration.apiKey = APIKey(server.apiKey)
                    configuration.baseURL = address
                    configuration.retry = RetryPolicy(baseDelay: .milliseconds(10), maximumDelay: .milliseconds(50))
                    try await withFerry(configuration: configuration) { try await Self.follow($0, ferry) }
                }
            }
        }
    }

    private static func follow(_ client: Ferry, _ ferry: Ferry) async throws {
        let whole = (1...200).map { "word\($0) " }.joined()
        let agent = client.agents.create("chat-completions")
        var heard = ""
        var sequence: Int64 = 0
        var told: [AgentEvent] = []
        for try await event in agent.streamMessage("go") {
            #expect(told.last != event)
            told.append(event)
            guard case .delta(let delta) = event else { continue }
            #expect(!delta.isRestart)
            #expect(delta.sequence > sequence, "an increment came twice")
            sequence = delta.sequence
            heard += delta.text
            #expect(delta.answer.response == heard)
        }
        #expect(heard == whole)
        let ready = told.filter { event in
            if case .message(let message) = event {
                message.role == .assistant && message.status == .ready
            } else {
                false
            }
        }
        #expect(ready.count == 1)
        var messages: [ChatMessageDTO] = []
        for try await message in ferry.agents.allMessages(try #require(agent.chatID)) { messages.append(message) }
        #expect(messages.map(\.role) == [.user, .assistant])
        #expect(messages.last?.text == whole)
        #expect(try await ferry.agents.listChats().items.count == 1, "the message was said once")
    }

    @Test func `cut again and again, the facts about twenty files are told whole`() async throws {
        try await withFerryServer { ferry, server in
            let command = CLICommand(folder: try TestFolder())
            // What the server says of the end alone is longer than the first cuts allow.
            try await command.withFaultProxy(of: server.baseURL, "cut-streams", 6500, cuts: 1) { address in
                var configuration = FerryConfiguration()
                configuration.apiKey = APIKey(server.apiKey)
                configuration.baseURL = address
                configuration.retry = RetryPolicy(
                    maximumAttempts: 20, baseDelay: .milliseconds(10), maximumDelay: .milliseconds(20))
                try await withFerry(configuration: configuration) { client in
                    let files = (0..<20).map { AgentFile.data(Array("content \($0)".utf8), filename: "\($0).txt") }
                    let agent = client.agents.create("file-inspector")
                    var heard = ""
                    for try await event in agent.streamMessage("what are these?", files: files) {
                        if case .delta(let delta) = event { heard += delta.text }
                    }
                    var messages: [ChatMessageDTO] = []
                    for try await message in ferry.agents.allMessages(try #require(agent.chatID)) {
                        messages.append(message)
                    }
                    #expect(messages.map(\.role) == [.user, .assistant])
                    #expect(messages.last?.text == heard)
                    for index in 0..<20 { #expect(heard.contains("\n\(index + 1). \(index).txt: ")) }
                }
            }
        }
    }
}
