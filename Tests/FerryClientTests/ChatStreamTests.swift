// SPDX-License-Identifier: Apache-2.0

import FerryWire
import NIOHTTP1
import Testing

@testable import FerryClient

/// The stream of a chat: what is told of it, and that no cut changes that.
@Suite(.timeLimit(.minutes(2))) struct ChatStreamTests {
    /// A stream without cuts.
    private static let recorded: [ChatStreamLine] = [
        .chat(chat(.working)), .message(userMessage()), .message(answer()), .heartbeat, delta("Hel", 1),
        delta("lo, ", 2), .heartbeat, delta("wörld", 5), .message(answer("Hello, wörld", status: .ready)),
        .chat(chat(.completed)),
    ]

    private static let told = [
        "chat busy", "user ready 'hi'", "assistant pending ''", "delta 'Hel' of 'Hel'", "delta 'lo, ' of 'Hello, '",
        "delta 'wörld' of 'Hello, wörld'", "assistant ready 'Hello, wörld'", "chat idle",
    ]

    /// What a server sends to who connects after so many lines: its state as it is, then what comes.
    private static func rest(after count: Int, knowsWhole: Bool) -> [ChatStreamLine] {
        var state: [ChatStreamLine] = [.chat(chat(.working))]
        var user: ChatStreamLine?
        var written: ChatStreamLine?
        var said: [ChatStreamLine] = []
        for line in recorded[..<count] {
            switch line {
            case .message(let message) where message.role == .user: user = line
            case .message: written = line
            case .delta: said.append(line)
            case .chat(let chat): state = [.chat(chat)]
            default: break
            }
        }
        state += [user, written].compactMap { $0 }
        if knowsWhole, !said.isEmpty {
            var answer = PartialAnswer()
            var sequence: Int64 = 0
            for case .delta(let line) in said {
                answer.append(line.delta)
                sequence = line.seq
            }
            state.append(delta(answer.response, sequence, whole: true))
        } else {
            state += said
        }
        return state + recorded[count...]
    }

    @Test func `a stream is told event by event`() async throws {
        let stub = ChatStub(streams: [chatLines(Self.recorded)])
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, server) async throws in
            let agent = ferry.agents.create("a/b")
            #expect(words(try await collect(agent.streamMessage("hi"))) == Self.told)
            #expect(server.requests.map(\.path) == ["/agents/run", "/chats/\(chatID)/stream"])
            #expect(server.requests[1].headers.first(name: "accept") == "application/x-ndjson")
            #expect(agent.chatID == chatID)
        }
    }

    @Test(arguments: [true, false])
    func `cut anywhere, a stream is told the same`(knowsWhole: Bool) async throws {
        let bytes = Self.recorded.map(\.ndjson)
        let ends = bytes.reduce(into: [0]) { $0.append($0.last! + $1.count) }
        let all = bytes.flatMap { $0 }
        // At each end of a line, beside it, and in the midst.
        let places = Set(ends.dropLast().flatMap { [$0 - 1, $0, $0 + 1, $0 + 17] }).filter { $0 >= 0 && $0 < all.count }
        let place = Shared(0)
        try await withStub(script: { request, server in
            let cut = place.value
            let whole = ends.lastIndex { $0 <= cut }!
            let first: StubReply = .truncated(declared: all.count, body: Array(all[..<cut]))
            let second = chatLines(Self.rest(after: whole, knowsWhole: knowsWhole))
            switch request.path {
            case "/agents/run": return posted
            case "/chats/\(chatID)/stream": return request.earlier % 2 == 0 ? first : second
            default: return .problem(404, "not_found", "no")
            }
        }) { (ferry, _) async throws in
            for cut in places.sorted() {
                place.change { $0 = cut }
                let events = words(try await collect(ferry.agents.create("a/b").streamMessage("hi")))
                #expect(events == Self.told, "cut at \(cut)")
            }
        }
    }

    @Test func `cut twice and silent in between, it is told the same`() async throws {
        let stub = ChatStub(streams: [
            chatLines(Array(Self.recorded[..<5])), .respond(status: 503), .reset,
            chatLines(Array(Self.rest(after: 6, knowsWhole: true)[..<4]), staysOpen: true),
            chatLines(Self.rest(after: 8, knowsWhole: true)),
        ])
        try await withStub(
            change: { $0.timeouts.streamSilence = .milliseconds(300) }, script: { stub.reply($0, $1) }
        ) { (ferry, server) async throws in
            #expect(words(try await collect(ferry.agents.create("a/b").streamMessage("hi"))) == Self.told)
            #expect(server.requests("GET", "/chats/\(chatID)/stream").count == 5)
        }
    }

    @Test func `an answer that was begun anew says so`() async throws {
        let stub = ChatStub(streams: [
            chatLines([.chat(chat(.working)), .message(answer()), delta("Hello", 3)]),
            chatLines([
                .chat(chat(.working)), .message(answer()), delta("Good", 1, whole: true), delta(" day", 2),
                .message(answer("Good day", status: .ready)), .chat(chat(.completed)),
            ]),
        ])
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, _) async throws in
            let events = words(try await collect(ferry.agents.create("a/b").streamMessage("hi")))
            #expect(
                events == [
                    "chat busy", "assistant pending ''", "delta 'Hello' of 'Hello'", "anew 'Good' of 'Good'",
                    "delta ' day' of 'Good day'", "assistant ready 'Good day'", "chat idle",
                ])
        }
    }

    @Test func `what was said while nobody listened is read`() async throws {
        let stub = ChatStub(
            streams: [
                chatLines([.chat(chat(.working)), .message(answer()), delta("Hel", 1)]),
                chatLines([.chat(chat(.completed))]),
            ], messages: [userMessage(), answer("Hello", status: .ready)])
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, _) async throws in
            let events = words(try await collect(ferry.agents.create("a/b").streamMessage("hi")))
            #expect(
                events == [
                    "chat busy", "assistant pending ''", "delta 'Hel' of 'Hel'", "user ready 'hi'",
                    "delta 'lo' of 'Hello'", "assistant ready 'Hello'", "chat idle",
                ])
        }
    }

    @Test func `an unknown chat ends it at once, and so do lines without end`() async throws {
        let refused = ChatStub(streams: [.problem(404, "not_found", "no such chat")])
        try await withStub(script: { refused.reply($0, $1) }) { (ferry, server) async throws in
            let error = await ferryError { _ = try await collect(ferry.agents.stream(chatID)) }
            #expect(error?.code == .notFound)
            #expect(server.requests.count == 1)
        }
        let endless = ChatStub(streams: [.chunks([[UInt8](repeating: 0x61, count: ChatFollow.maximumLineLength + 2)])])
        try await withStub(script: { endless.reply($0, $1) }) { (ferry, _) async throws in
            let error = await ferryError { _ = try await collect(ferry.agents.stream(chatID)) }
            #expect(error?.code == .limitExceeded)
        }
    }

    @Test func `a server that stays away ends it, and one that tells nothing new too`() async throws {
        for reply in [StubReply.respond(status: 503), chatLines([.chat(chat(.working))])] {
            let waits = Waits()
            let stub = ChatStub(streams: [reply])
            try await withStub(
                change: { configuration in
                    configuration.sleep = { waits.add($0) }
                }, script: { stub.reply($0, $1) }
            ) { (ferry, server) async throws in
                let error = await ferryError { _ = try await collect(ferry.agents.stream(chatID)) }
                #expect(error?.isRetryable == true)
                #expect((10...14).contains(server.requests.count))
                #expect(waits.all.count == server.requests.count - 1)
            }
        }
    }

    @Test func `cancelling closes the connection`() async throws {
        let stub = ChatStub(streams: [chatLines([.chat(chat(.working))], staysOpen: true)])
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, server) async throws in
            let agent = ferry.agents.create("a/b")
            let seen = Shared(0)
            let watching = Task {
                for try await _ in agent.streamMessage("hi") { seen.change { $0 += 1 } }
            }
            #expect(try await eventually { seen.value == 1 })
            #expect(server.openConnections == 1)
            watching.cancel()
            await #expect(throws: CancellationError.self) { try await watching.value }
            #expect(try await eventually { server.openConnections == 0 })
        }
    }

    @Test func `leaving the loop, or letting go of the iterator, closes the connection`() async throws {
        let stub = ChatStub(streams: [
            chatLines([.chat(chat(.working)), .message(answer()), delta("Hel", 1)], staysOpen: true)
        ])
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, server) async throws in
            let agent = ferry.agents.create("a/b")
            for try await event in agent.streamMessage("hi") {
                #expect(server.openConnections == 1)
                if case .delta = event { break }
            }
            #expect(try await eventually { server.openConnections == 0 })
            do {
                var iterator = agent.stream().makeAsyncIterator()
                _ = try await iterator.next()
                #expect(server.openConnections == 1)
            }
            #expect(try await eventually { server.openConnections == 0 })
            #expect(server.requests("POST", "/chats/\(chatID)/stop").isEmpty, "the agent goes on")
        }
    }

    @Test func `nothing is sent before the first event is asked for`() async throws {
        let stub = ChatStub(streams: [chatLines(Self.recorded)])
        try await withStub(script: { stub.reply($0, $1) }) { (ferry, server) async throws in
            let events = ferry.agents.create("a/b").streamMessage("hi")
            #expect(server.requests.isEmpty)
            var iterator = events.makeAsyncIterator()
            #expect(server.requests.isEmpty)
            _ = try await iterator.next()
            #expect(server.requests.count == 2)
        }
    }
}
