// SPDX-License-Identifier: Apache-2.0

import FerryWire
import NIOHTTP1
import Testing

@testable import FerryClient

/// What an agent does where it cannot know, or where several things happen at once.
@Suite(.timeLimit(.minutes(2))) struct AgentDoubtTests {
    private static let done: [ChatStreamLine] = [
        .chat(chat(.working)), .message(userMessage()), .message(answer("Hello", status: .ready)),
        .chat(chat(.completed)),
    ]
    private static let asking = answer("", status: .ready, tools: [toolCall("t1")])

    @Test func `after an answer that was lost the error advises to look, not to try again`() async throws {
        for reply in [StubReply.reset, .respond(status: 503), .respond(status: 502)] {
            let stub = ChatStub(streams: [], post: reply)
            try await withStub(script: { stub.reply($0, $1) }) { (ferry, server) async throws in
                let agent = ferry.agents.create("a/b", chatID: chatID)
                let error = await ferryError { try await agent.sendMessage("hi", files: [.data([1])]) }
                #expect(error?.isRetryable == false)
                #expect(error?.message.contains("may have been taken in chat \(chatID)") == true)
                #expect(error?.message.contains("try again") == false)
                #expect(server.requests("POST", "/agents/run").count == 1)
                // The message may be there, with its file.
                #expect(!server.requests.contains { $0.method == "DELETE" })
            }
        }
    }

    @Test func `a message that was refused for the moment is said later, once`() async throws {
        let stub = ChatStub(streams: [chatLines(Self.done)])
        try await withStub(script: { request, server in
            guard request.path == "/agents/run", request.earlier < 2 else { return stub.reply(request, server) }
            return .respond(status: 429)
        }) { (ferry, server) async throws in
            #expect(try await ferry.agents.create("a/b").sendMessage("hi").text == "Hello")
            #expect(server.requests("POST", "/agents/run").count == 3)
        }
    }

    @Test func `cancelled while it waits for another try, a message is not said`() async throws {
        let sleeping = Shared(false)
        let stub = ChatStub(streams: [], post: .respond(status: 429))
        try await withStub(
            change: { configuration in
                configuration.sleep = { _ in
                    sleeping.change { $0 = true }
                    try await Task.sleep(for: .seconds(60))
                }
            }, script: { stub.reply($0, $1) }
        ) { (ferry, server) async throws in
            let sending = Task { try await ferry.agents.create("a/b").sendMessage("hi", files: [.data([1])]) }
            #expect(try await eventually { sleeping.value })
            sending.cancel()
            await #expect(throws: CancellationError.self) { try await sending.value }
            #expect(server.requests("POST", "/agents/run").count == 1)
            #expect(server.requests.filter { $0.method == "DELETE" }.count == 1)
        }
    }

    @Test func `a stream that stays away says that the message was taken`() async throws {
        let stub = ChatStub(streams: [.reset])
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, _) async throws in
            let error = await ferryError { try await ferry.agents.create("a/b").sendMessage("hi") }
            #expect(error?.isRetryable == false)
            #expect(error?.message.contains("was taken in chat \(chatID)") == true)
        }
    }

    @Test func `the server's refusal of a file names the file`() async throws {
        let problem = StubReply.problem(422, "validation_error", "/attachments/1: no such file")
        let stub = ChatStub(streams: [], post: problem)
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, server) async throws in
            let files = [AgentFile.data([1], filename: "a.bin"), .uri("inf://files/\(fileID)/notes.txt")]
            let error = await ferryError { try await ferry.agents.create("a/b").sendMessage("hi", files: files) }
            #expect(error?.message.hasPrefix("file 2 (\"inf://files/\(fileID)/notes.txt\"): no such file") == true)
            #expect(error?.pointer?.description == "/files/1")
            // What was uploaded for it is gone again.
            #expect(server.requests.filter { $0.method == "DELETE" }.count == 1)
        }
    }

    @Test func `a stream is read once, and never sent as an empty file`() async throws {
        let stub = ChatStub(streams: [chatLines(Self.done)])
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, server) async throws in
            let (bytes, feed) = AsyncStream.makeStream(of: [UInt8].self)
            feed.yield([1, 2, 3])
            feed.finish()
            let file = AgentFile.stream(bytes, filename: "x.bin")
            let agent = ferry.agents.create("a/b")
            try await agent.sendMessage("one", files: [file])
            let error = await ferryError { try await agent.sendMessage("two", files: [file]) }
            #expect(error?.code == .invalidInput)
            #expect(error?.message.contains("file 1 (x.bin)") == true && error?.message.contains("read before") == true)
            #expect(server.requests("POST", "/agents/run").count == 1)
            #expect(server.requests.filter { $0.method == "PUT" }.map(\.bodySize).filter { $0 > 0 } == [3])
        }
    }

    @Test func `a message under way when the chat is left does not bring it back`() async throws {
        let stub = ChatStub(streams: [chatLines(Self.done)])
        let agents = Shared<[Agent]>([])
        try await withStub(script: { request, server in
            // During the upload.
            if request.method == "PUT" { agents.value.first?.reset() }
            return stub.reply(request, server)
        }) { (ferry, server) async throws in
            let agent = ferry.agents.create("a/b")
            agents.change { $0 = [agent] }
            try await agent.sendMessage("old", files: [.data([1])])
            #expect(agent.chatID == nil)
            try await agent.sendMessage("new")
            #expect(server.requests("POST", "/agents/run").map { $0.json?["chat_id"] } == [.null, .null])
            #expect(agent.chatID == chatID)
        }
    }

    @Test func `the end of a work is heard although the next one has begun`() async throws {
        let output: JSONValue = ["found": 1]
        let ended = AgentRunDTO(
            id: runID, createdAt: Timestamp(seconds: 0), updatedAt: Timestamp(seconds: 0), chatID: chatID,
            userMessageID: userMessageID, state: .completed, output: output)
        var failed = ended
        failed.state = .failed
        failed.error = "too many steps"
        for run in [ended, failed] {
            let stub = ChatStub(
                streams: [
                    chatLines(
                        [
                            .chat(chat(.working)), .message(userMessage()), .message(answer("Hello", status: .ready)),
                            .run(run),
                            .chat(chat(.working, run: "next", user: "other")),
                        ], staysOpen: true)
                ], messages: [userMessage(), answer("Hello", status: .ready)])
            try await withStub(script: { stub.reply($0, $1) }) { (ferry, _) async throws in
                let agent = ferry.agents.create("a/b")
                if run.state == .completed {
                    #expect(try await agent.run("hi") == output)
                } else {
                    let error = await ferryError { _ = try await agent.run("hi") }
                    #expect(error?.code == .taskFailed && error?.message.contains("too many steps") == true)
                }
            }
        }
    }

    @Test func `what a work found is told by its last call where the chat has gone on`() async throws {
        var call = toolCall("f1", name: "finish", status: .completed)
        call.type = "internal"
        let stub = ChatStub(
            streams: [
                chatLines(
                    [
                        .chat(chat(.working)), .message(userMessage()),
                        .message(answer("", status: .ready, tools: [call])),
                        .chat(chat(.working, run: "next", user: "other")),
                    ], staysOpen: true)
            ], messages: [userMessage(), answer("", status: .ready, tools: [call])])
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, _) async throws in
            #expect(try await ferry.agents.create("a/b").run("hi") == ["where": "/etc/passwd"])
        }
    }

    @Test func `an output of before is not taken for the new one`() async throws {
        // A server that tells nothing of works: its first word is the chat as it was before.
        let old = chat(nil, status: .idle, output: ["old": true])
        let stub = ChatStub(
            streams: [chatLines([.chat(old)])],
            messages: [userMessage(run: nil), answer("Hello", status: .ready, run: nil)],
            post: .json(
                AgentRunResponse(userMessage: userMessage(run: nil), assistantMessage: answer(run: nil)).json),
            state: chat(nil, status: .idle, output: ["new": true]))
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, _) async throws in
            #expect(try await ferry.agents.create("a/b").run("hi") == ["new": true])
        }
    }

    @Test func `a conflict of the handler's own is the handler's failure`() async throws {
        let stub = ChatStub(streams: [
            chatLines([
                .chat(chat(.working)), .message(userMessage()), .message(Self.asking), .chat(chat(.inputRequired)),
            ])
        ])
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, server) async throws in
            let agent = ferry.agents.create("a/b")
            let error = await ferryError {
                try await agent.sendMessage("hi") { _ in throw FerryError(.conflict, "the file is there already") }
            }
            #expect(error?.message == "the file is there already")
            #expect(server.requests("POST", "/tools/t1").isEmpty)
            #expect(agent.claim("t1"))
        }
    }

    @Test func `a tool that another stream runs is waited for however long it takes`() async throws {
        let waiting = [
            ChatStreamLine.chat(chat(.working)), .message(userMessage()), .message(Self.asking),
            .chat(chat(.inputRequired)),
        ]
        let last = answer("Done", id: fileID, status: .ready, order: 4)
        let isTaken = Shared(false)
        let streams = Shared(0)
        try await withStub(script: { request, server in
            if request.path == "/tools/t1" { isTaken.change { $0 = true } }
            if request.path.hasSuffix("/stream") { streams.change { $0 += 1 } }
            let lines = isTaken.value ? [.message(last), .chat(chat(.completed))] : waiting
            return ChatStub(streams: [chatLines(lines)]).reply(request, server)
        }) { (ferry, _) async throws in
            let agent = ferry.agents.create("a/b")
            let slow: ToolHandler = { _ in
                // Far more looks than a work without an end is given.
                _ = try await eventually { streams.value > 80 }
                return "42"
            }
            async let first = agent.sendMessage("hi", onToolCall: slow)
            #expect(try await eventually { agent.isRunning([toolCall("t1")]) })
            let second = try await agent.sendMessage("hi", onToolCall: { _ in "not asked" })
            #expect(second.text == "Done")
            #expect(try await first.text == "Done")
            #expect(streams.value > 80)
        }
    }

    @Test func `a result that somebody else's took the place of is not told as taken`() async throws {
        try await withStub(script: { request, server in
            switch (request.path, request.earlier) {
            case ("/tools/t1", 0): .respond(status: 429)
            case ("/tools/t1", _): .problem(409, "invalid_transition", "not any more")
            default: storing(request, server)
            }
        }) { (ferry, server) async throws in
            let error = await ferryError {
                try await ferry.agents.create("a/b").submitToolResult("t1", result: "42", files: [.data([1])])
            }
            #expect(error?.code == .conflict)
            #expect(server.requests.filter { $0.method == "DELETE" }.count == 1)
        }
    }
}
