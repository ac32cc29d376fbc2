// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@testable import FerryApp

/// Answers with what it was given, word by word.
private struct Parrot: App {
    static let manifest = AppInfo("test/parrot", version: "1", description: "Repeats.", secrets: ["TOKEN"])
    typealias Input = LLMInput
    typealias Output = LLMOutput

    func run(_ input: LLMInput, context: TaskContext<LLMOutput>) async throws -> LLMOutput {
        var answer = LLMDelta()
        await context.delta(answer)
        for word in ["\(input.role.rawValue): ", input.text] {
            let delta = LLMDelta(response: word)
            answer.merge(delta)
            await context.delta(delta)
        }
        return try answer.output()
    }
}

@Suite(.timeLimit(.minutes(1))) struct ChatTypesTests {
    @Test func `an app of a language model tells its increments and leaves out what it does not know`() async throws {
        _ = try await withWorker([try TypedApp(Parrot())]) { (host) async throws in
            host.run("t1", app: "test/parrot", input: ["text": "hello", "something_new": [1]])
            #expect(try await host.hear() == ["type": "delta", "task": "t1", "delta": ["response": "user: "]])
            #expect(try await host.hear() == ["type": "delta", "task": "t1", "delta": ["response": "hello"]])
            #expect(
                try await host.hear() == ["type": "result", "task": "t1", "output": ["response": "user: hello"]])
        }
    }

    @Test func `the schema takes attachments in order, and members of a later version`() throws {
        let json = try TypedApp(Parrot()).manifest.json
        #expect(json["secrets"] == ["TOKEN"])
        let schema = json["functions"]?["run"]?["input_schema"]
        #expect(schema?["additionalProperties"] == nil && schema?["required"] == nil)
        let files: JSONValue = ["type": "string", "format": "file"]
        #expect(schema?["properties"]?["attachments"]?["items"] == files)
        #expect(schema?["properties"]?["images"] == nil && schema?["properties"]?["files"] == nil)
        let message = schema?["properties"]?["context"]?["items"]
        #expect(message?["properties"]?["attachments"]?["items"] == files)
        #expect(message?["required"] == ["role"] && message?["additionalProperties"] == nil)
        for name in [
            "text", "role", "tool_call_id", "system_prompt", "tools", "tool_choice", "response_format", "temperature",
            "top_p", "max_tokens", "seed", "stop", "model",
        ] { #expect(schema?["properties"]?[name] != nil, "\(name)") }
        let output = json["functions"]?["run"]?["output_schema"]
        #expect(output?["required"] == ["response"])
        #expect(output?["properties"]?["tool_calls"] != nil && output?["properties"]?["usage"] != nil)
    }

    @Test func `an input is read with its context, and null is as good as nothing`() throws {
        let input = try FieldReader().value(
            LLMInput.self,
            from: [
                "text": "rain", "role": "tool", "tool_call_id": "c1", "temperature": nil, "tools": nil, "stop": ["x"],
                "context": [
                    ["role": "user", "text": "weather?", "attachments": nil],
                    [
                        "role": "assistant", "text": nil, "later": 1,
                        "tool_calls": [
                            ["id": "c1", "type": "function", "function": ["name": "weather", "arguments": ["a": 1]]]
                        ],
                    ],
                ],
            ])
        #expect(input.role == .tool && input.toolCallID == "c1" && input.temperature == nil && input.stop == ["x"])
        #expect(input.context.map(\.role) == [.user, .assistant])
        #expect(input.context[1].toolCalls == [LLMToolCall(id: "c1", name: "weather", arguments: ["a": 1])])
        #expect(throws: AppFailure.self) {
            try FieldReader().value(LLMInput.self, from: ["context": [["role": "king"]]])
        }
    }

    @Test func `increments grow text, find calls by their index and replace the rest`() throws {
        var sum = LLMDelta()
        for delta in [
            LLMDelta(response: "a", usage: LLMUsage { $0.totalTokens = 1 }), LLMDelta(reasoning: "r"),
            LLMDelta(toolCalls: [.init(index: 1, id: "c2", name: "second", arguments: "")]),
            LLMDelta(toolCalls: [.init(index: 0, id: "c1", name: "first", arguments: "{\"x\":")]),
            LLMDelta(response: "b", toolCalls: [.init(index: 0, arguments: "[1]}")]),
            LLMDelta(reasoning: "s", usage: LLMUsage { $0.totalTokens = 2 }),
        ] { sum.merge(delta) }
        let output = try sum.output()
        #expect(output.response == "ab" && output.reasoning == "rs" && output.usage?.totalTokens == 2)
        #expect(
            output.toolCalls == [
                LLMToolCall(id: "c1", name: "first", arguments: ["x": [1]]),
                LLMToolCall(id: "c2", name: "second", arguments: [:]),
            ])
        #expect(
            LLMDelta(response: "", toolCalls: [.init(index: 0, arguments: "x")]).json == [
                "response": "", "tool_calls": [["index": 0, "function": ["arguments": "x"]]],
            ])
        #expect(LLMDelta(response: "").isEmpty && !LLMDelta(usage: LLMUsage()).isEmpty)
    }

    @Test(arguments: ["{", "[1]", "1", "{}{}"])
    func `arguments that are no object are a failure that names the tool`(text: String) {
        let delta = LLMDelta(toolCalls: [.init(index: 0, id: "c", name: "add", arguments: text)])
        let failure = #expect(throws: AppFailure.self) { try delta.output() }
        #expect(failure?.message.contains("the tool add with arguments that are no JSON object") == true)
    }
}
