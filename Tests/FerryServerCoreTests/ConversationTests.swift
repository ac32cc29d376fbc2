// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

/// What a core app is given of a chat.
@Suite struct ConversationTests {
    private static let ids = (0..<4).map { _ in Identifier.random() }

    private static func file(_ index: Int, _ name: String, _ type: String) -> FileRef {
        FileRef(uri: "inf://files/\(ids[index])/\(name)", filename: name, contentType: type)
    }

    private static func message(
        _ order: Int64, _ role: ChatMessageRole, _ text: String, files: [FileRef] = [],
        status: ChatMessageStatus = .ready, call: String? = nil
    ) -> ChatMessageRecord {
        var message = ChatMessageRecord(
            id: Identifier.random(), chatID: "c", teamID: "t", userID: "u", createdAt: .sample, order: order,
            status: status, role: role, text: text, attachments: files, toolCallID: call)
        if role == .assistant, call != nil {
            message.toolCallID = nil
            message.tools = [
                ToolInvocationDTO(
                    id: Identifier.random(), createdAt: .sample, updatedAt: .sample, messageID: message.id,
                    callID: call!, name: "look", arguments: ["a": 1], status: .completed)
            ]
        }
        return message
    }

    private static func schema(_ members: [String]) -> AppFunctionDTO {
        var properties = JSONObject()
        for name in members { properties[name] = .object([:]) }
        for name in ["images", "files", "attachments"] where members.contains(name) {
            properties[name] = ["type": "array", "items": ["type": "string", "format": "file"]]
        }
        if members.contains("context") {
            var element = properties
            element["context"] = nil
            properties["context"] = ["type": "array", "items": ["type": "object", "properties": .object(element)]]
        }
        return AppFunctionDTO(
            name: "run", inputSchema: ["type": "object", "properties": .object(properties)], outputSchema: .null)
    }

    private static func conversation(
        _ messages: [ChatMessageRecord], agent: AgentConfig = AgentConfig(coreApp: nil, systemPrompt: "Be brief."),
        context: JSONObject = [:], missing: Set<String> = [], limits change: (inout ServerLimits) -> Void = { _ in }
    ) -> Conversation {
        var limits = ServerLimits()
        change(&limits)
        return Conversation(
            agent: agent, context: context, messages: messages, missingFiles: missing, limits: limits)
    }

    private static let picture = file(0, "a.png", "image/png")
    private static let note = file(1, "b.txt", "text/plain")

    @Test func `an app with images and files gets them apart, one with attachments in order`() throws {
        let talk = Self.conversation([Self.message(0, .user, "see", files: [Self.note, Self.picture])])
        let split = try talk.input(for: Self.schema(["text", "images", "files", "context"]))
        #expect(split["images"] == [.string(Self.picture.uri)])
        #expect(split["files"] == [.string(Self.note.uri)])
        #expect(split["attachments"] == nil && split["system_prompt"] == nil)
        let whole = try talk.input(for: Self.schema(["text", "attachments", "system_prompt"]))
        #expect(whole["attachments"] == [.string(Self.note.uri), .string(Self.picture.uri)])
        #expect(whole["images"] == nil && whole["system_prompt"] == "Be brief." && whole["context"] == nil)
        let open = try talk.input(for: AppFunctionDTO(name: "run", inputSchema: .null, outputSchema: .null))
        #expect(open["text"] == "see" && open["role"] == "user" && open["images"] != nil)
    }

    @Test func `what was said before comes as context, oldest first`() throws {
        let talk = Self.conversation([
            Self.message(0, .user, "one", files: [Self.picture]), Self.message(1, .assistant, "1"),
            Self.message(2, .user, "lost", status: .cancelled), Self.message(3, .assistant, "", status: .failed),
            Self.message(4, .user, "two"),
        ])
        let input = try talk.input(for: Self.schema(["text", "context", "attachments"]))
        #expect(input["text"] == "two")
        let context = try #require(input["context"]?.arrayValue)
        #expect(context.map { $0["text"]?.stringValue } == ["one", "1"])
        #expect(context[0]["attachments"] == [.string(Self.picture.uri)] && context[0]["role"] == "user")
    }

    @Test func `a tool's result is the turn, behind the message that called it`() throws {
        let talk = Self.conversation([
            Self.message(0, .user, "look"), Self.message(1, .assistant, "", call: "c1"),
            Self.message(2, .tool, "seen", files: [Self.picture], call: "c1"),
        ])
        let input = try talk.input(for: Self.schema(["text", "role", "tool_call_id", "context", "attachments"]))
        #expect(input["role"] == "tool" && input["text"] == "seen" && input["tool_call_id"] == "c1")
        #expect(input["attachments"] == [.string(Self.picture.uri)])
        let call = input["context"]?[1]?["tool_calls"]?[0]
        #expect(call?["function"]?["name"] == "look" && call?["id"] == "c1")
        #expect(call?["function"]?["arguments"] == ["a": 1])
    }

    @Test func `old messages are left out, and no result of a tool comes without its call`() throws {
        var messages: [ChatMessageRecord] = []
        for round in 0..<20 {
            let order = Int64(round * 4)
            messages.append(Self.message(order, .user, "u\(round)"))
            messages.append(Self.message(order + 1, .assistant, "", call: "c\(round)"))
            messages.append(Self.message(order + 2, .tool, "t\(round)", call: "c\(round)"))
            messages.append(Self.message(order + 3, .assistant, "a\(round)"))
        }
        messages.append(Self.message(1000, .user, "now"))
        for limit in 1...12 {
            let talk = Self.conversation(messages) { $0.maximumContextMessages = limit }
            let input = try talk.input(for: Self.schema(["text", "context"]))
            let context = try #require(input["context"]?.arrayValue)
            #expect(context.count <= limit)
            #expect(context.first?["role"] != "tool")
            #expect(limit < 2 || context.last?["text"] == "a19")
        }
        let small = Self.conversation(messages) { $0.maximumContextSize = 300 }
        let input = try small.input(for: Self.schema(["text", "context"]))
        #expect((input["context"] ?? .null).serialized().count <= 302)
    }

    @Test func `deleted and too many old files are named instead`() throws {
        let talk = Self.conversation(
            [
                Self.message(0, .user, "old", files: [Self.note]), Self.message(1, .assistant, "ok"),
                Self.message(2, .user, "gone", files: [Self.picture]), Self.message(3, .assistant, "ok"),
                Self.message(4, .user, "now"),
            ], missing: [Self.ids[0]], limits: { $0.maximumContextFiles = 1 })
        let context = try talk.input(for: Self.schema(["text", "context", "attachments"]))["context"]
        #expect(context?[0]?["attachments"] == nil && context?[2]?["attachments"] == nil)
        #expect(context?[0]?["text"]?.stringValue?.contains("b.txt") == true)
        #expect(context?[2]?["text"]?.stringValue?.contains("deleted") == true)
    }

    @Test func `the agent's own settings come through, but never the conversation's members`() throws {
        let agent = AgentConfig(
            coreApp: CoreAppConfig(
                ref: "x/y", input: ["temperature": 0.5, "text": "mine", "context": ["x"], "attachments": ["inf://x"]]))
        let talk = Self.conversation([Self.message(0, .user, "theirs")], agent: agent)
        let input = try talk.input(for: Self.schema(["text", "context"]))
        #expect(input["text"] == "theirs" && input["temperature"] == 0.5)
        #expect(input["context"] == [] && input["attachments"] == nil)
    }

    @Test func `tools, the output's schema and shown values reach the model`() throws {
        let agent = AgentConfig(
            coreApp: CoreAppConfig(ref: "x/y"), systemPrompt: "Help.",
            tools: [AgentTool(name: "look", description: "Looks")], outputSchema: ["type": "object"],
            context: [["name": "city", "in_prompt": true], ["name": "secret"]])
        let talk = Self.conversation(
            [Self.message(0, .user, "go")], agent: agent, context: ["city": "Bonn", "secret": "s3"])
        let input = try talk.input(for: Self.schema(["text", "system_prompt", "tools"]))
        let prompt = try #require(input["system_prompt"]?.stringValue)
        #expect(prompt.hasPrefix("Help.") && prompt.contains("city: \"Bonn\"") && !prompt.contains("s3"))
        let names = input["tools"]?.arrayValue?.map { $0["function"]?["name"]?.stringValue }
        #expect(names == ["look", "finish"])
    }

    @Test func `a chat in which nobody spoke cannot be answered`() {
        #expect(throws: ServerError.self) {
            try Self.conversation([Self.message(0, .assistant, "x")]).input(for: Self.schema(["text"]))
        }
    }
}
