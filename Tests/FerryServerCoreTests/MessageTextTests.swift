// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

/// How long what is said in a chat may be.
@Suite struct MessageTextTests {
    private static let most = ServerLimits().maximumMessageText

    @Test(arguments: ["x", "\n", "\"", "\\", "é", "💾"])
    func `a text has the bytes that it has, whatever it needs as JSON`(unit: String) async throws {
        let world = try await World.withModel { _, _, _ in ["response": ""] }
        let text = String(repeating: unit, count: Self.most / unit.utf8.count)
        #expect(try await world.say(text).user.text == text)
        let error = try await refusal { try await world.say(text + unit) }
        #expect(error.code == .payloadTooLarge)
        #expect(error.message == "/input/text: longer than 262144 bytes; attach it as a file")
    }

    @Test func `a text of control characters is refused by what it needs as JSON, which is said`() async throws {
        let world = try await World.withModel { _, _, _ in ["response": ""] }
        let fits = String(repeating: "\u{1}", count: (world.limits.maximumMessageJSON - 2) / 6)
        #expect(try await world.say(fits).user.text == fits)
        let error = try await refusal { try await world.say(fits + "\u{1}") }
        #expect(error.code == .payloadTooLarge)
        #expect(error.message.hasPrefix("/input/text: ") && error.message.contains("control characters"), "\(error)")
        #expect(error.message.contains("\(world.limits.maximumMessageJSON) bytes as JSON"))
    }

    @Test func `the longest texts of line breaks are answered, and fit into every line of the stream`() async throws {
        let text = String(repeating: "\n", count: Self.most)
        let world = try await World.withModel { work, _, _ in
            guard work.input["role"] == "tool" else {
                return ["response": "", "tool_calls": [ChatEditTests.call("weather", ["city": "Bonn"])]]
            }
            return ["response": .string("\(work.input["text"]?.stringValue?.utf8.count ?? 0)")]
        }
        try await world.withAgents {
            let config = AgentConfig(
                coreApp: CoreAppConfig(ref: "test/model"),
                systemPrompt: String(repeating: "p", count: 200_000), tools: [ChatEditTests.weather])
            let id = try await world.say(text, config: config).user.chatID
            _ = try await world.settled(id)
            let call = try #require(try await world.messages(id).last?.tools.first)
            let long = try await refusal {
                _ = try await world.services.chats.submit(
                    ToolResultRequest(result: text + "\n"), call: call.id, by: world.root, bases: [])
            }
            #expect(long.message == "/result: longer than 262144 bytes; attach it as a file")
            _ = try await world.services.chats.submit(
                ToolResultRequest(result: text), call: call.id, by: world.root, bases: [])
            #expect(try await world.settled(id).run?.state == .completed)
            let latest = try await world.services.chats.latestMessages(of: try await world.chat(id))
            #expect(latest.last?.text == "\(Self.most)")
            let lines = try await world.lines(id)
            #expect(lines.allSatisfy { $0.ndjson.count <= world.limits.maximumStreamLine })
        }
    }
}
