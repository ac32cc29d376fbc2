// SPDX-License-Identifier: Apache-2.0

import FerryWire
import NIOHTTP1
import Testing

@testable import FerryClient

/// Messages to agents and what comes of them.
@Suite(.timeLimit(.minutes(2))) struct AgentMessageTests {
    private static let done: [ChatStreamLine] = [
        .chat(chat(.working)), .message(userMessage()), .message(answer()), delta("Hello", 1),
        .message(answer("Hello", status: .ready)), .chat(chat(.completed, output: ["n": 1])),
    ]

    @Test func `a message is answered, and the next one goes on with the chat`() async throws {
        let stub = ChatStub(streams: [chatLines(Self.done)])
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, server) async throws in
            let agent = ferry.agents.create("okaris/assistant@abc123", context: ["city": "Bonn"])
            #expect(agent.chatID == nil)
            #expect(try await agent.sendMessage("hi").text == "Hello")
            #expect(try await agent.run("again") == ["n": 1])
            let bodies = server.requests("POST", "/agents/run").compactMap(\.json)
            #expect(bodies.map { $0["chat_id"] } == [.null, .string(chatID)])
            #expect(bodies.map { $0["agent"] } == ["okaris/assistant@abc123", "okaris/assistant@abc123"])
            #expect(bodies.map { $0["context"] } == [["city": "Bonn"], nil])
            #expect(bodies.map { $0["input"] } == [["text": "hi"], ["text": "again"]])
            agent.reset()
            #expect(agent.chatID == nil)
        }
    }

    @Test func `an agent made here sends what it is made of`() async throws {
        let stub = ChatStub(streams: [chatLines(Self.done)])
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, server) async throws in
            let config = AgentConfig(
                coreApp: CoreAppConfig(ref: "chat-completions"), name: "n", systemPrompt: "Be short.",
                outputSchema: ["type": "object"])
            let agent = ferry.agents.create(config, chatID: chatID)
            #expect(agent.chatID == chatID)
            try await agent.sendMessage("hi")
            let body = try #require(server.requests("POST", "/agents/run").first?.json)
            #expect(body["agent_config"]?["core_app"] == ["ref": "chat-completions"])
            #expect(body["agent_config"]?["system_prompt"] == "Be short.")
            #expect(body["agent_name"] == "n")
            #expect(body["chat_id"] == .string(chatID))
        }
    }

    @Test func `two first messages at once make one chat`() async throws {
        let stub = ChatStub(streams: [chatLines(Self.done)])
        try await withStub(script: { request, server in
            if request.path == "/agents/run", request.earlier == 0 {
                // The second one has every chance to come in between.
                _ = try? await eventually(within: .milliseconds(200)) { server.requests.count > 1 }
            }
            return stub.reply(request, server)
        }) { (ferry, server) async throws in
            let agent = ferry.agents.create("a/b")
            async let first = agent.sendMessage("one")
            async let second = agent.sendMessage("two")
            _ = try await (first, second)
            let chats = server.requests("POST", "/agents/run").compactMap { $0.json?["chat_id"] }
            #expect(chats == [.null, .string(chatID)])
        }
    }

    @Test(arguments: [true, false])
    func `an answer that was there before the stream is not missed`(withMessages: Bool) async throws {
        let whole: [ChatStreamLine] = [
            .message(userMessage()), .message(answer("Hello", status: .ready)), .chat(chat(.completed)),
        ]
        let stub = ChatStub(
            streams: [chatLines(withMessages ? whole : [.chat(chat(.completed))])],
            messages: [userMessage(), answer("Hello", status: .ready)])
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, server) async throws in
            #expect(try await ferry.agents.create("a/b").sendMessage("hi").text == "Hello")
            #expect(server.requests("GET", "/chats/\(chatID)/messages").count == (withMessages ? 0 : 1))
        }
    }

    @Test func `a stream that still tells of an earlier work is not taken for the end`() async throws {
        let old = answer("Old", id: fileID, status: .ready, run: "old", order: -1)
        let stub = ChatStub(
            streams: [
                chatLines([.message(old), .chat(chat(.completed, run: "old", user: "someone"))]), chatLines(Self.done),
            ], messages: [old, userMessage(), answer()])
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, server) async throws in
            let events = try await collect(ferry.agents.create("a/b").streamMessage("hi"))
            #expect(!words(events).contains { $0.contains("Old") })
            #expect(words(events).suffix(2) == ["assistant ready 'Hello'", "chat idle"])
        }
    }

    @Test func `a queued message is waited for until its own answer`() async throws {
        let queued = userMessage(status: .queued, run: nil)
        let first = answer("First", id: fileID, status: .ready, run: "old", order: 1)
        let own = answer("Mine", status: .ready, order: 3)
        let post: StubReply = .json(AgentRunResponse(userMessage: queued, assistantMessage: nil).json)
        let stub = ChatStub(
            streams: [
                chatLines([
                    .chat(chat(.working, run: "old", user: "other")), .message(answer("", id: fileID, run: "old")),
                    delta("Fir", 1, id: fileID), .message(first),
                    // The answer's message may come before it is known whose it is.
                    .message(answer(order: 3)), .message(userMessage(order: 2)), .chat(chat(.working)),
                    delta("Mi", 1), .message(own), .chat(chat(.completed)),
                ])
            ], post: post)
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, _) async throws in
            let agent = ferry.agents.create("a/b", chatID: chatID)
            let events = words(try await collect(agent.streamMessage("hi")))
            #expect(
                events == [
                    "chat busy", "assistant pending ''", "user ready 'hi'", "chat busy", "delta 'Mi' of 'Mi'",
                    "delta 'ne' of 'Mine'", "assistant ready 'Mine'", "chat idle",
                ])
            #expect(try await agent.sendMessage("hi").text == "Mine")
        }
    }

    @Test func `a queued message that is taken back is told as stopped`() async throws {
        let queued = userMessage(status: .queued, run: nil)
        let post: StubReply = .json(AgentRunResponse(userMessage: queued, assistantMessage: nil).json)
        let stub = ChatStub(
            streams: [
                chatLines([
                    .chat(chat(.working, run: "old", user: "other")),
                    .message(userMessage(status: .cancelled, run: nil)),
                    .chat(chat(.canceled, run: "old", user: "other")),
                ])
            ], messages: [userMessage(status: .cancelled, run: nil)], post: post)
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, _) async throws in
            let error = await ferryError { try await ferry.agents.create("a/b", chatID: chatID).sendMessage("hi") }
            #expect(error?.code == .taskCancelled)
        }
    }

    @Test func `a work whose end the stream passed over is found by its messages`() async throws {
        let stub = ChatStub(
            streams: [
                chatLines([.chat(chat(.working)), .message(answer())]),
                chatLines([.chat(chat(.working, run: "next", user: "other"))], staysOpen: true),
            ], messages: [userMessage(), answer("Hello", status: .ready), answer("x", id: fileID, run: "next")])
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, _) async throws in
            #expect(try await ferry.agents.create("a/b").sendMessage("hi").text == "Hello")
        }
    }

    @Test func `a failed work is an error in the server's words, a stopped one is told as such`() async throws {
        let failed = ChatStub(streams: [
            chatLines([
                .message(answer(status: .failed, error: "x")),
                .chat(chat(.failed, error: "the model is out of memory")),
            ])
        ])
        try await withStub(script: { failed.reply($0, $1) }) { (ferry, _) async throws in
            let error = await ferryError { try await ferry.agents.create("a/b").sendMessage("hi") }
            #expect(error?.code == .taskFailed)
            #expect(error?.message.contains("the model is out of memory") == true)
            let told = await ferryError { _ = try await collect(ferry.agents.create("a/b").streamMessage("hi")) }
            #expect(told?.code == .taskFailed)
        }
        let stopped = ChatStub(streams: [
            chatLines([.message(answer("Hel", status: .cancelled)), .chat(chat(.canceled))])
        ])
        try await withStub(script: { stopped.reply($0, $1) }) { (ferry, server) async throws in
            let agent = ferry.agents.create("a/b")
            try await agent.stopChat()
            #expect(server.requests.isEmpty)
            let error = await ferryError { try await agent.sendMessage("hi") }
            #expect(error?.code == .taskCancelled)
            try await agent.stopChat()
            #expect(server.requests("POST", "/chats/\(chatID)/stop").count == 1)
        }
    }

    @Test(arguments: [StubReply.reset, .respond(status: 500), .problem(403, "requires_sign_in", "sign in")])
    func `a message that may have been said is not said again`(reply: StubReply) async throws {
        let stub = ChatStub(streams: [], post: reply)
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, server) async throws in
            let error = await ferryError { try await ferry.agents.create("a/b").sendMessage("hi") }
            #expect(error != nil)
            #expect(server.requests.map(\.path) == ["/agents/run"])
            if error?.status == 403 { #expect(error?.serverCode == "requires_sign_in") }
        }
    }

    @Test(arguments: ["/etc/passwd", "./x", "~/.ssh/id_rsa", "data:text/plain,x", "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ="])
    func `text is text, whatever it looks like`(text: String) async throws {
        let stub = ChatStub(streams: [chatLines(Self.done)])
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, server) async throws in
            let agent = ferry.agents.create("a/b")
            try await agent.sendMessage(text)
            try await agent.submitToolResult("t", result: text)
            try await agent.submitToolResult("t", result: .string(text))
            #expect(server.requests("POST", "/agents/run").first?.json?["input"] == ["text": .string(text)])
            let results = server.requests("POST", "/tools/t").compactMap(\.json)
            #expect(results == [["result": .string(text)], ["result": .string(text)]])
            #expect(server.requests("POST", "/files").isEmpty)
        }
    }

    @Test func `agents, chats and messages reach their routes`() async throws {
        let agents: JSONValue = ["items": [["namespace": "a", "name": "b", "version_id": "v", "description": "d"]]]
        let first = CursorPage(items: [userMessage()], nextCursor: "a+b", hasNext: true, itemsPerPage: 1)
        try await withStub(script: { request, _ in
            switch (request.method, request.path) {
            case ("POST", "/agents/list"): return .json(agents)
            case ("POST", "/chats/list"): return .json(CursorPage(items: [chat(nil)], itemsPerPage: 10).json)
            case ("GET", "/chats/\(chatID)/messages"):
                let isFirst = !request.query.contains("cursor")
                return .json(isFirst ? first.json : CursorPage(items: [answer("x")], itemsPerPage: 1).json)
            default: return .json(chat(.completed).json)
            }
        }) { (ferry, server) async throws in
            let agents = try await ferry.agents.list().items
            #expect(agents.map(\.reference) == ["a/b"])
            #expect(agents.map(\.versionID) == ["v"])
            #expect(try await ferry.agents.listChats().items.map(\.id) == [chatID])
            #expect(try await ferry.agents.getChat(chatID).id == chatID)
            var messages: [String] = []
            for try await message in ferry.agents.allMessages(chatID, pageSize: 1) { messages.append(message.id) }
            #expect(messages == [userMessageID, answerID])
            #expect(
                server.requests("GET", "/chats/\(chatID)/messages").map(\.query) == ["limit=1", "limit=1&cursor=a%2Bb"])
            try await ferry.agents.stopChat(chatID)
            try await ferry.agents.deleteChat(chatID)
            #expect(server.requests("DELETE", "/chats/\(chatID)").count == 1)
            let unbegun = await ferryError { _ = try await ferry.agents.create("a/b").getChat() }
            #expect(unbegun?.code == .notFound)
        }
    }
}
