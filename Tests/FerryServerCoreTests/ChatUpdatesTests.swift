// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

/// What a chat's stream tells.
@Suite struct ChatUpdatesTests {
    /// A reader as official clients are: it stops at the first line of a chat that is not at work.
    static func read(_ lines: [ChatStreamLine]) -> (texts: [String], isEnded: Bool) {
        var texts: [String] = []
        for line in lines {
            switch line {
            case .message(let message) where message.status == .ready: texts.append(message.text)
            case .chat(let chat) where chat.activeRun?.state.isWorking != true && chat.status != .busy:
                return (texts, true)
            default: continue
            }
        }
        return (texts, false)
    }

    @Test func `who opens late is told the whole run, and the end last`() async throws {
        let world = try await World.withModel { _, _, _ in ["response": "hi"] }
        try await world.withAgents {
            let id = try await world.say("hello").user.chatID
            _ = try await world.settled(id)
            let lines = try await world.lines(id)
            guard case .chat(let first) = lines.first, case .chat(let last) = lines.last else {
                Issue.record("\(lines)")
                return
            }
            #expect(first.status == .busy && first.activeRun?.state == .working)
            #expect(last.status == .idle && last.activeRun?.state == .completed)
            #expect(lines.count == 4)
            let read = Self.read(lines)
            #expect(read.isEnded && read.texts == ["hello", "hi"])
        }
    }

    @Test func `a chat in which nothing was said ends its stream at once`() async throws {
        let world = try await World.withModel { _, _, _ in [:] }
        let chat = try await world.services.chats.create(
            AgentRunRequest(config: World.agent(), input: MessageInput(text: "")), by: world.root)
        let lines = try await world.lines(chat.id)
        #expect(lines.count == 1)
        #expect(Self.read(lines).isEnded)
    }

    @Test func `increments come as they are made, and put together are the answer`() async throws {
        let steps = AsyncStream.makeStream(of: Int.self)
        let world = try await World.withModel { _, _, events in
            var number = 0
            for await _ in steps.stream {
                number += 1
                await events(.delta(["response": .string("word\(number) ")]))
                if number == 20 { break }
            }
            return ["response": .string((1...20).map { "word\($0) " }.joined())]
        }
        try await world.withAgents {
            let posted = try await world.say("go")
            let presenter = ChatPresenter(files: world.presenter, limits: world.limits)
            var answer = PartialAnswer()
            var lastSequence: Int64 = 0
            var deltas = 0
            var final = ""
            steps.continuation.yield(0)
            for try await line in world.services.chats.updates(
                of: try await world.chat(posted.user.chatID), presenter: presenter)
            {
                switch line {
                case .delta(let delta):
                    #expect(delta.messageID == posted.assistant?.id && delta.seq > lastSequence)
                    #expect(delta.isWhole == (deltas == 0))
                    lastSequence = delta.seq
                    deltas += 1
                    answer.append(delta.delta)
                    steps.continuation.yield(0)
                case .message(let message) where message.status == .ready && message.role == .assistant:
                    final = message.text
                default: continue
                }
            }
            #expect(final == answer.response && !final.isEmpty)
            #expect(deltas >= 10)
        }
    }

    @Test func `who comes back is told all that was said, in one increment`() async throws {
        let door = Latch()
        let world = try await World.withModel { _, _, events in
            for number in 1...5 { await events(.delta(["response": .string("\(number)")])) }
            try await door.wait()
            return ["response": "12345"]
        }
        try await world.withAgents {
            let posted = try await world.say("go")
            let presenter = ChatPresenter(files: world.presenter, limits: world.limits)
            try await eventually("nothing is said") {
                world.services.chats.said(in: try await world.chat(posted.user.chatID))?.response == "12345"
            }
            for _ in 0..<3 {
                for try await line in world.services.chats.updates(
                    of: try await world.chat(posted.user.chatID), presenter: presenter)
                {
                    guard case .delta(let delta) = line else { continue }
                    #expect(delta.isWhole && delta.delta["response"] == "12345" && delta.seq == 5)
                    break
                }
            }
            door.open()
            _ = try await world.settled(posted.user.chatID)
        }
    }

    @Test func `an app that gives whole answers so far is told as increments`() async throws {
        let door = Latch()
        let world = try await World.withModel { _, _, events in
            await events(.partial(["response": "one"]))
            await events(.partial(["response": "one two"]))
            try await door.wait()
            return ["response": "one two three"]
        }
        try await world.withAgents {
            let id = try await world.say("go").user.chatID
            var answer = PartialAnswer()
            for try await line in world.services.chats.updates(
                of: try await world.chat(id), presenter: ChatPresenter(files: world.presenter, limits: world.limits))
            {
                guard case .delta(let delta) = line else { continue }
                answer.append(delta.delta)
                if answer.response == "one two" { door.open() }
            }
            #expect(answer.response == "one two")
        }
    }

    @Test func `a chat that waits for a tool looks at work until the client has had time to run it`() async throws {
        let world = try await World.withModel(limits: { $0.clientToolGrace = 5 }) { work, _, _ in
            if work.input["role"] == "tool" {
                return ["response": .string("got \(work.input["text"]?.stringValue ?? "")")]
            }
            return ["response": "", "tool_calls": [ChatEditTests.call("weather")]]
        }
        try await world.withAgents {
            let config = AgentConfig(coreApp: CoreAppConfig(ref: "test/model"), tools: [ChatEditTests.weather])
            let id = try await world.say("go", config: config).user.chatID
            var texts: [String] = []
            for try await line in world.services.chats.updates(
                of: try await world.chat(id), presenter: ChatPresenter(files: world.presenter, limits: world.limits))
            {
                switch line {
                case .message(let message):
                    if message.status == .ready, message.role == .assistant { texts.append(message.text) }
                    for call in message.toolInvocations where call.awaitsClient {
                        _ = try await world.services.chats.submit(
                            ToolResultRequest(result: "sun"), call: call.id, by: world.root, bases: [])
                    }
                case .chat(let chat) where !chat.isBusy: #expect(chat.status == .idle)
                default: continue
                }
            }
            #expect(texts.last == "got sun")
            // Nobody runs it: the stream ends once the time is over.
            try await world.say("again", in: id)
            try await eventually("no tool is called") { try await world.chat(id).status == .awaitingInput }
            world.clock.advance(bySeconds: 6)
            let lines = try await world.lines(id)
            guard case .chat(let last) = lines.last else {
                Issue.record("\(lines)")
                return
            }
            #expect(last.status == .awaitingInput && last.activeRun?.state == .inputRequired)
            #expect(last.pendingInterrupts.count == 1)
        }
    }

    @Test func `lines stay short enough for every client`() async throws {
        let long = String(repeating: "x", count: 250 << 10)
        let world = try await World.withModel { work, _, _ in
            if work.input["role"] == "tool" { return ["response": .string(long)] }
            return [
                "response": "", "reasoning": .string(long),
                "tool_calls": [ChatEditTests.call("weather", id: "1"), ChatEditTests.call("weather", id: "2")],
            ]
        }
        try await world.withAgents {
            let config = AgentConfig(coreApp: CoreAppConfig(ref: "test/model"), tools: [ChatEditTests.weather])
            let id = try await world.say(long, config: config).user.chatID
            _ = try await world.settled(id)
            for call in try await world.messages(id)[1].tools {
                _ = try await world.services.chats.submit(
                    ToolResultRequest(result: long), call: call.id, by: world.root, bases: [])
            }
            _ = try await world.settled(id)
            let lines = try await world.lines(id)
            #expect(lines.count >= 6)
            #expect(lines.allSatisfy { $0.ndjson.count <= world.limits.maximumStreamLine })
        }
    }
}
