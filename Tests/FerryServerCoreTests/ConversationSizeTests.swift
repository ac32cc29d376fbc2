// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

/// How much of a chat a core app is given.
@Suite struct ConversationSizeTests {
    /// Takes everything.
    private static let open = AppFunctionDTO(name: "run", inputSchema: .null, outputSchema: .null)

    /// Messages of one chat.
    private struct Talk {
        var messages: [ChatMessageRecord] = []

        @discardableResult
        mutating func say(_ role: ChatMessageRole, _ text: String, call: String? = nil) -> String {
            let message = ChatMessageRecord(
                id: Identifier.random(), chatID: "c", teamID: "t", userID: "u", createdAt: .sample,
                order: Int64(messages.count), role: role, text: text, toolCallID: call)
            messages.append(message)
            return message.id
        }

        /// An answer that calls tools, and their results.
        mutating func step(_ calls: [String], arguments: JSONValue = [:], result: (String) -> String) {
            say(.assistant, "calling")
            messages[messages.count - 1].tools = calls.map { call in
                ToolInvocationDTO(
                    id: Identifier.random(), createdAt: .sample, updatedAt: .sample, messageID: "m", callID: call,
                    name: "look", arguments: arguments, status: .completed)
            }
            for call in calls { say(.tool, result(call), call: call) }
        }

        func input(
            asked: String? = nil, agent: AgentConfig = AgentConfig(coreApp: nil), context: JSONObject = [:],
            limits: ServerLimits = ServerLimits()
        ) throws -> JSONValue {
            try Conversation(
                agent: agent, context: context, messages: messages, missingFiles: [], limits: limits,
                userMessageID: asked
            ).input(for: ConversationSizeTests.open)
        }
    }

    /// A tool's result never stands without the call, nor a call of the step without its result.
    private static func check(_ input: JSONValue) throws -> [JSONValue] {
        let context = try #require(input["context"]?.arrayValue)
        var called = Set<String>()
        for message in context {
            for call in message["tool_calls"]?.arrayValue ?? [] { called.insert(try #require(call["id"]?.stringValue)) }
            if message["role"] == "tool" {
                #expect(called.remove(try #require(message["tool_call_id"]?.stringValue)) != nil)
            }
        }
        if input["role"] == "tool" {
            #expect(called.remove(try #require(input["tool_call_id"]?.stringValue)) != nil)
        }
        #expect(called == [], "calls without results")
        return context
    }

    @Test(arguments: [4, 128])
    func `the step under way is whole, and what is too long of it is shortened in the middle`(calls: Int) throws {
        var talk = Talk()
        talk.say(.user, "before")
        talk.say(.assistant, "well")
        let asked = talk.say(.user, "look")
        let long = "begin" + String(repeating: "é\n", count: 83_000) + "end"
        talk.step((0..<calls).map { "c\($0)" }) { _ in long }
        let input = try talk.input(asked: asked)
        let context = try Self.check(input).suffix(calls + 1)
        #expect(context.count == calls + 1 && context.first?["text"] == "look")
        #expect(input["text"] == .string(long))
        #expect(input.serialized().count <= ServerLimits().maximumInputSize)
        for message in context.dropFirst(2) {
            let text = try #require(message["text"]?.stringValue)
            #expect(text.hasPrefix("begin") && text.hasSuffix("end"))
            let note = try #require(text.firstMatch(of: /\n\[… (\d+) bytes left out …\]\n/))
            #expect(text.utf8.count - note.output.0.utf8.count + (try #require(Int(note.output.1))) == long.utf8.count)
        }
        // What is left over is little.
        #expect((input["context"] ?? .null).serialized().count > 600 << 10 || calls == 128)
    }

    @Test func `short texts of the step under way stay as they are beside a long one`() throws {
        var talk = Talk()
        let asked = talk.say(.user, "look")
        talk.step(["a", "b", "c"]) { $0 == "a" ? String(repeating: "x", count: 20_000) : "short \($0)" }
        var limits = ServerLimits()
        limits.maximumContextSize = 4096
        let context = try Self.check(try talk.input(asked: asked, limits: limits))
        #expect(context.map { $0["role"] } == ["user", "assistant", "tool", "tool"])
        #expect(context[0]["text"] == "look" && context[3]["text"] == "short b")
        let size = JSONValue.array(context).serialized().count
        #expect(size <= 4096 && size > 3500, "\(size)")
    }

    @Test func `what is being answered stays, however many messages came since`() throws {
        var talk = Talk()
        for number in 0..<10 {
            talk.say(.user, "old \(number)")
            talk.say(.assistant, "answer \(number)")
        }
        let asked = talk.say(.user, "the task")
        for step in 0..<3 { talk.step((0..<120).map { "\(step).\($0)" }) { "result \($0)" } }
        var context = try Self.check(try talk.input(asked: asked))
        // Two steps do not fit into 200 messages; none older does then.
        #expect(context.count == 1 + 120 && context[0]["text"] == "the task")
        var limits = ServerLimits()
        limits.maximumContextMessages = 245
        context = try Self.check(try talk.input(asked: asked, limits: limits))
        #expect(context.count == 1 + 121 + 120 && context[0]["text"] == "the task")
        limits.maximumContextMessages = 1 + 121 + 121 + 120 + 4
        context = try Self.check(try talk.input(asked: asked, limits: limits))
        #expect(context.count == limits.maximumContextMessages && context[0]["text"] == "old 8")
        limits.maximumContextMessages = 3
        context = try Self.check(try talk.input(asked: asked, limits: limits))
        #expect(context.count == 1 + 120 && context[0]["text"] == "the task")
    }

    @Test func `agent, message and what was said before have room in one input`() throws {
        let limits = ServerLimits()
        var talk = Talk()
        for number in 0..<12 {
            talk.say(.user, "\(number)" + String(repeating: "u", count: 100_000))
            talk.say(.assistant, String(repeating: "a", count: 100_000))
        }
        let turn = String(repeating: "t", count: limits.maximumMessageText - 2)
        talk.say(.user, turn)
        let agent = AgentConfig(
            coreApp: CoreAppConfig(ref: "x/y", input: ["extra": .string(String(repeating: "e", count: 100_000))]),
            systemPrompt: String(repeating: "p", count: 100_000), context: [["name": "quotes", "in_prompt": true]])
        let input = try talk.input(
            agent: agent, context: ["quotes": .string(String(repeating: "\"", count: 30_000))], limits: limits)
        #expect(input.serialized().count <= limits.maximumInputSize && input["text"] == .string(turn))
        let context = try Self.check(input)
        #expect(context.count >= 2 && context.last?["text"]?.stringValue?.hasPrefix("a") == true)
        // Without all that as much comes along as ever.
        talk.messages.removeLast()
        talk.say(.user, "now")
        #expect(try Self.check(try talk.input()).count == 6)
    }

    @Test(arguments: ["x", "é", "\u{1}", "👩‍👩‍👧", "\"\\"])
    func `a text is shortened between its characters, whatever these need as JSON`(unit: String) {
        let text = String(repeating: unit, count: 5000)
        for size in [64, 100, 256, 1000, 4999] {
            let short = text.shortened(to: size)
            #expect(JSONValue.string(short).serialized().count <= size)
            #expect(!short.contains("\u{FFFD}") && short.contains("bytes left out"))
        }
        #expect(text.shortened(to: .max) == text)
    }

    @Test func `the longest give way until all have the sum`() {
        #expect(Conversation.level([], sum: 5) == .max && Conversation.level([3, 4], sum: 7) == .max)
        #expect(Conversation.level([3, 9, 4], sum: 12) == 5 && Conversation.level([9, 9, 9], sum: 10) == 3)
        #expect(Conversation.level([9], sum: -4) == 0)
    }
}
