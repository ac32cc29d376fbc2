// SPDX-License-Identifier: Apache-2.0

import FerryWire
import NIOHTTP1
import Testing

@testable import FerryClient

/// Tools that the client runs.
@Suite(.timeLimit(.minutes(2))) struct AgentToolTests {
    private static let asking = answer("", status: .ready, tools: [toolCall("t1"), toolCall("t2")])
    private static let asked = answer(
        "", status: .ready, tools: [toolCall("t1", status: .completed), toolCall("t2", status: .completed)])
    private static let waiting: [ChatStreamLine] = [
        .chat(chat(.working)), .message(userMessage()), .message(asking), .chat(chat(.inputRequired)),
    ]
    private static let last = answer("Done", id: fileID, status: .ready, order: 4)

    @Test func `without a handler the calls come with the message`() async throws {
        let stub = ChatStub(streams: [chatLines(Self.waiting)])
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, _) async throws in
            let agent = ferry.agents.create("a/b")
            let message = try await agent.sendMessage("hi")
            #expect(message.toolInvocations.filter(\.awaitsClient).map(\.id) == ["t1", "t2"])
            #expect(message.toolInvocations.first?.arguments == ["where": "/etc/passwd"])
            let events = words(try await collect(agent.streamMessage("hi")))
            #expect(events.filter { $0.hasPrefix("call") } == ["call t1", "call t2"])
        }
    }

    @Test func `a server that keeps the stream open for the result is not waited for`() async throws {
        let stub = ChatStub(
            streams: [chatLines(Array(Self.waiting.dropLast()), staysOpen: true)], state: chat(.inputRequired))
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, server) async throws in
            let agent = ferry.agents.create("a/b")
            #expect(try await agent.sendMessage("hi").toolInvocations.count == 2)
            let events = words(try await collect(agent.streamMessage("hi")))
            #expect(events.suffix(2) == ["call t2", "chat awaiting_input"])
            #expect(server.requests("GET", "/chats/\(chatID)").count == 2)
        }
    }

    @Test func `who answers while the events come goes on with them`() async throws {
        let stub = ChatStub(
            streams: [
                chatLines(
                    Self.waiting.dropLast() + [
                        .chat(chat(.working)), .message(Self.asked), .message(Self.last), .chat(chat(.completed)),
                    ])
            ], state: chat(.working))
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, _) async throws in
            let agent = ferry.agents.create("a/b")
            var seen: [AgentEvent] = []
            for try await event in agent.streamMessage("hi") {
                seen.append(event)
                if case .toolCall(let call) = event { try await agent.submitToolResult(call.id, result: "x") }
            }
            #expect(words(seen).suffix(2) == ["assistant ready 'Done'", "chat idle"])
        }
    }

    @Test func `each call is run once, whatever happens to the stream`() async throws {
        let again: [ChatStreamLine] = [.chat(chat(.working)), .message(userMessage()), .message(Self.asking)]
        let stub = ChatStub(streams: [
            chatLines(Array(Self.waiting[..<3])), chatLines(Self.waiting), chatLines(again), .reset,
            chatLines([
                .chat(chat(.working)), .message(Self.asked), .message(answer(id: fileID, order: 4)),
                delta("Done", 1, id: fileID), .message(Self.last), .chat(chat(.completed)),
            ]),
        ])
        let calls = Shared<[String]>([])
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, server) async throws in
            let agent = ferry.agents.create("a/b")
            let message = try await agent.sendMessage("hi") { call in
                calls.change { $0.append(call.id) }
                return "result of \(call.name)"
            }
            #expect(message.text == "Done")
            #expect(calls.value == ["t1", "t2"])
            for id in ["t1", "t2"] {
                let results = server.requests("POST", "/tools/\(id)")
                #expect(results.compactMap(\.json) == [["result": "result of look"]])
            }
        }
    }

    @Test func `an end that only the chat tells of is the last message's`() async throws {
        let stub = ChatStub(
            streams: [chatLines(Self.waiting), chatLines([.chat(chat(.completed))])],
            messages: [userMessage(), Self.asked, Self.last])
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, _) async throws in
            let message = try await ferry.agents.create("a/b").sendMessage("hi") { _ in "x" }
            #expect(message.text == "Done")
        }
    }

    @Test func `a handler that fails ends the wait, and its call can be run again`() async throws {
        struct Trouble: Error {}
        let stub = ChatStub(streams: [chatLines(Self.waiting)])
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, server) async throws in
            let agent = ferry.agents.create("a/b")
            for _ in 0..<2 {
                await #expect(throws: Trouble.self) {
                    try await agent.sendMessage("hi") { _ in throw Trouble() }
                }
            }
            #expect(server.requests("POST", "/tools/t1").isEmpty)
            #expect(agent.claim("t1"))
        }
    }

    @Test func `a result is given with files, again after a lost answer, and with none if it is refused`() async throws
    {
        try await withStub(script: { request, server in
            switch (request.path, request.earlier) {
            case ("/tools/t1", 0): .reset
            case ("/tools/t1", _): .problem(409, "invalid_transition", "not any more")
            case ("/tools/t2", _): .problem(409, "invalid_transition", "not any more")
            default: storing(request, server)
            }
        }) { (ferry, server) async throws in
            let agent = ferry.agents.create("a/b")
            let call = try await agent.submitToolResult("t1", result: "42", files: [.data([1], filename: "a.bin")])
            #expect(call.status == .completed)
            #expect(server.requests("POST", "/tools/t1").count == 2)
            #expect(server.requests("POST", "/tools/t1").last?.json?["attachments"]?[0]?["filename"] == "a.bin")
            #expect(!server.requests.contains { $0.method == "DELETE" })
            let error = await ferryError {
                try await agent.submitToolResult("t2", result: ["x": 1], files: [.data([2])])
            }
            #expect(error?.code == .conflict)
            #expect(server.requests("POST", "/tools/t2").first?.json?["result"] == #"{"x":1}"#)
            #expect(server.requests.filter { $0.method == "DELETE" }.count == 1)
        }
    }
}
