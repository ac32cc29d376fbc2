// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

/// What messages, answers, results of tools and stops make of a chat. No store, no clock.
@Suite struct ChatEditTests {
    /// A chat and its messages, as a store would keep them.
    struct Table {
        var chat: ChatRecord
        var messages: [String: ChatMessageRecord] = [:]
        var limits = ServerLimits()

        init(tools: [AgentTool] = [], outputSchema: JSONValue = .null) {
            chat = ChatRecord(
                id: Identifier.random(), teamID: Identifier.random(), userID: Identifier.random(), createdAt: .sample,
                agent: .init(
                    config: AgentConfig(
                        coreApp: CoreAppConfig(ref: "test/model"), tools: tools, outputSchema: outputSchema)))
        }

        mutating func edit<Result>(_ body: (inout ChatEdit) throws -> Result) rethrows -> Result {
            let known = messages.values.filter { $0.id == chat.run?.assistantMessageID || chat.queued.contains($0.id) }
            var edit = ChatEdit(chat, known: known, limits: limits, now: chat.updatedAt.advanced(bySeconds: 1))
            let result = try body(&edit)
            let change = edit.change
            #expect(change.chat.revision == chat.revision + 1)
            #expect(change.messages.allSatisfy { $0.revision == change.chat.revision })
            chat = change.chat
            for message in change.messages { messages[message.id] = message }
            #expect(Set(messages.values.map(\.order)).count == messages.count, "two messages have one place")
            return result
        }

        @discardableResult
        mutating func say(_ text: String) throws -> (user: ChatMessageRecord, assistant: ChatMessageRecord?) {
            try edit { try $0.post(text: text, attachments: [], by: "me") }
        }

        mutating func answer(_ output: JSONValue) throws {
            let answer = try CoreAnswer(output: output)
            edit { $0.answered(answer) }
        }

        var inOrder: [ChatMessageRecord] { messages.values.sorted { $0.order < $1.order } }
        var texts: [String] { inOrder.map { "\($0.role.rawValue): \($0.text)" } }
    }

    static let weather = AgentTool(name: "weather", description: "Tells the weather")

    static func call(_ name: String, _ arguments: JSONValue = [:], id: String = "c1") -> JSONValue {
        ["id": .string(id), "type": "function", "function": ["name": .string(name), "arguments": arguments]]
    }

    @Test func `a message begins a run, an answer ends it`() throws {
        var table = Table()
        let (user, assistant) = try table.say("hello")
        #expect(user.status == .ready && user.order == 0)
        #expect(assistant?.status == .pending && assistant?.order == 1)
        #expect(table.chat.status == .busy && table.chat.isWorking)
        #expect(table.chat.run?.taskID != nil && table.chat.run?.taskID == assistant?.taskID)
        try table.answer(["response": "hi", "reasoning": "greet"])
        #expect(table.texts == ["user: hello", "assistant: hi"])
        #expect(table.inOrder[1].reasoning == "greet" && table.inOrder[1].status == .ready)
        #expect(table.chat.status == .idle && table.chat.run?.state == .completed)
        #expect(table.chat.run?.finishedAt != nil && table.chat.run?.taskID == nil)
    }

    @Test func `messages to a busy agent wait their turn, behind what it says meanwhile`() throws {
        var table = Table()
        try table.say("one")
        let second = try table.say("two")
        let third = try table.say("three")
        #expect(second.assistant == nil && second.user.status == .queued && third.user.status == .queued)
        try table.answer(["response": "1"])
        #expect(table.chat.status == .busy, "the next one is begun at once")
        #expect(table.chat.queued == [third.user.id])
        try table.answer(["response": "2"])
        try table.answer(["response": "3"])
        #expect(
            table.texts == [
                "user: one", "assistant: 1", "user: two", "assistant: 2", "user: three", "assistant: 3",
            ])
        #expect(table.inOrder.allSatisfy { $0.status == .ready })
        #expect(table.chat.status == .idle && table.chat.queued.isEmpty)
    }

    @Test func `no more messages wait than the limit allows`() throws {
        var table = Table()
        table.limits.maximumQueuedMessages = 2
        for text in ["a", "b", "c"] { try table.say(text) }
        #expect(throws: ServerError.self) { try table.say("d") }
        #expect(table.messages.count == 4)
    }

    @Test func `a tool's call waits for its result and goes on with it`() throws {
        var table = Table(tools: [Self.weather])
        try table.say("weather?")
        try table.answer(["response": "", "tool_calls": [Self.call("weather", ["city": "Bonn"])]])
        #expect(table.chat.status == .awaitingInput && table.chat.run?.state == .inputRequired)
        let call = try #require(table.inOrder[1].tools.first)
        #expect(call.awaitsClient && call.name == "weather" && call.arguments == ["city": "Bonn"])
        try table.edit { _ = try $0.toolReturned("rain", attachments: [], call: call.id) }
        #expect(table.chat.status == .busy && table.chat.run?.steps == 2)
        #expect(table.inOrder[1].tools[0].status == .completed && table.inOrder[1].tools[0].result == "rain")
        #expect(table.inOrder[2].role == .tool && table.inOrder[2].toolCallID == "c1")
        try table.answer(["response": "It rains."])
        #expect(table.texts == ["user: weather?", "assistant: ", "tool: rain", "assistant: It rains."])
        #expect(table.chat.status == .idle)
    }

    @Test func `it goes on when every call has its result, and each is taken once`() throws {
        var table = Table(tools: [Self.weather])
        try table.say("weather?")
        try table.answer([
            "response": "", "tool_calls": [Self.call("weather", id: "c1"), Self.call("weather", id: "c2")],
        ])
        let calls = table.inOrder[1].tools
        try table.edit { _ = try $0.toolReturned("1", attachments: [], call: calls[1].id) }
        #expect(table.chat.status == .awaitingInput)
        #expect(throws: ServerError.self) {
            try table.edit { _ = try $0.toolReturned("again", attachments: [], call: calls[1].id) }
        }
        try table.edit { _ = try $0.toolReturned("2", attachments: [], call: calls[0].id) }
        #expect(table.chat.status == .busy)
        #expect(throws: ServerError.self) {
            try table.edit { _ = try $0.toolReturned("late", attachments: [], call: calls[0].id) }
        }
    }

    @Test func `a tool that is not there is told to the model, not to the client`() throws {
        var table = Table()
        try table.say("x")
        try table.answer(["response": "", "tool_calls": [Self.call("rm")]])
        #expect(table.chat.status == .busy && table.chat.run?.steps == 2)
        #expect(table.inOrder[1].tools[0].status == .failed && !table.inOrder[1].tools[0].awaitsClient)
        #expect(table.inOrder[2].text == "There is no tool of this name.")
    }

    @Test func `who speaks while a tool is waited for gives the tool up`() throws {
        var table = Table(tools: [Self.weather])
        try table.say("weather?")
        try table.answer(["response": "", "tool_calls": [Self.call("weather")]])
        let (user, assistant) = try table.say("never mind")
        #expect(user.status == .ready && assistant != nil)
        #expect(table.inOrder[1].tools[0].status == .cancelled)
        #expect(table.inOrder.map(\.role) == [.user, .assistant, .tool, .user, .assistant])
        #expect(table.chat.run?.userMessageID == user.id && table.chat.status == .busy)
    }

    @Test func `finishing hands over the output, if it is of the schema`() throws {
        let schema: JSONValue = [
            "type": "object", "properties": ["n": ["type": "integer"]], "required": ["n"],
        ]
        var table = Table(outputSchema: schema)
        try table.say("count")
        try table.answer(["response": "", "tool_calls": [Self.call("finish", ["n": "many"])]])
        #expect(table.chat.status == .busy, "the model is told and asked again")
        #expect(table.inOrder[2].text.contains("Not accepted"))
        try table.answer(["response": "", "tool_calls": [Self.call("finish", ["n": 3])]])
        #expect(table.chat.status == .completed && table.chat.output == ["n": 3])
        #expect(table.chat.run?.state == .completed && table.chat.run?.output == ["n": 3])
        try table.say("again")
        #expect(table.chat.output == .null, "an output is that of the latest run")
    }

    @Test func `an agent that never ends is ended`() throws {
        var table = Table()
        table.limits.maximumAgentSteps = 3
        try table.say("x")
        for _ in 0..<3 { try table.answer(["response": "", "tool_calls": [Self.call("nothing")]]) }
        #expect(table.chat.run?.state == .failed && table.chat.status == .idle)
        #expect(table.chat.run?.error?.contains("3 times") == true)
    }

    @Test func `an agent that never ends tells why its last output was not accepted`() throws {
        let schema: JSONValue = ["type": "object", "properties": ["n": ["type": "integer"]], "required": ["n"]]
        var table = Table(outputSchema: schema)
        table.limits.maximumAgentSteps = 3
        try table.say("count")
        try table.answer(["response": "", "tool_calls": [Self.call("finish")]])
        try table.answer(["response": "", "tool_calls": [Self.call("finish", ["n": "many"])]])
        // As a store keeps it.
        let document = table.chat.document
        try table.chat.read(document: document)
        try table.answer(["response": "", "tool_calls": [Self.call("nothing")]])
        #expect(
            table.chat.run?.error
                == "the agent called its model 3 times without coming to an end; the last output it handed over was "
                + "not accepted: /n: expected integer, got string")
        #expect(table.chat.status == .idle)
        try table.say("again")
        #expect(table.chat.run?.rejection == nil)
    }

    @Test func `why an output was not accepted is kept in short`() throws {
        let values = (0..<1_000).map { JSONValue.string("value \($0)") }
        var table = Table(outputSchema: ["type": "object", "properties": ["n": ["enum": .array(values)]]])
        try table.say("choose")
        try table.answer(["response": "", "tool_calls": [Self.call("finish", ["n": 1])]])
        #expect(table.chat.run?.rejection?.unicodeScalars.count == ChatRecord.Run.maximumRejection + 1)
        #expect(table.chat.run?.rejection?.hasPrefix("/n: must be one of") == true)
    }

    @Test func `a failure is told by its message, and the next one is begun`() throws {
        var table = Table()
        try table.say("one")
        try table.say("two")
        table.edit { $0.failed("the model is away") }
        let failed = try #require(table.messages.values.first { $0.status == .failed })
        #expect(failed.error == "the model is away" && failed.role == .assistant)
        #expect(table.chat.status == .busy)
    }

    @Test func `stopping keeps what was said and drops what waits`() throws {
        var table = Table()
        let first = try table.say("one")
        let second = try table.say("two")
        var said = PartialAnswer()
        said.append(["response": "half of"])
        let task = table.chat.run?.taskID
        table.edit { edit in
            edit.stop(said: said)
            #expect(edit.abandonedTask == task)
        }
        let written = try #require(first.assistant?.id)
        #expect(table.messages[written]?.text == "half of" && table.messages[written]?.status == .cancelled)
        #expect(table.messages[second.user.id]?.status == .cancelled)
        #expect(table.chat.status == .idle && table.chat.run?.state == .canceled && table.chat.queued.isEmpty)
        // What comes late changes nothing.
        let before = table.chat.run
        table.edit { $0.failed("late") }
        #expect(table.chat.run == before)
    }

    @Test func `answers that are none are refused`() {
        for output: JSONValue in [
            "text", .null, ["response": "", "tool_calls": [["function": ["name": "x", "arguments": "no json"]]]],
            ["tool_calls": [["function": ["arguments": [:]]]]],
        ] {
            #expect(throws: ServerError.self) { try CoreAnswer(output: output) }
        }
    }

    @Test func `arguments may come as text, files from anywhere in the output`() throws {
        let id = Identifier.random()
        let answer = try CoreAnswer(output: [
            "response": "see", "tool_calls": [Self.call("x", "{\"a\": 1}")],
            "images": [["uri": .string("inf://files/\(id)/a.png"), "content_type": "image/png", "size": 3]],
        ])
        #expect(answer.calls[0].arguments == ["a": 1])
        #expect(answer.files.map(\.filename) == ["a.png"] && answer.files[0].size == 3)
    }
}
