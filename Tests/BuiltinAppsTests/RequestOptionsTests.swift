// SPDX-License-Identifier: Apache-2.0

import FerryApp
import FerryWire
import Testing

@testable import ferry_builtin_apps

@Suite struct RequestOptionsTests {
    private func options(_ fill: (inout LLMInput) -> Void) throws -> JSONObject {
        try RequestOptions.members(of: LLMInput(fill))
    }

    private let tool: JSONValue = [
        "type": "function", "function": ["name": "f", "description": "d", "required": ["x"], "parameters": nil],
    ]

    @Test func `what is not set is not said`() throws {
        #expect(try options { _ in } == ["stream": true, "stream_options": ["include_usage": true]])
        #expect(try options { $0.toolChoice = ["mode": "none"] }["tool_choice"] == nil)
    }

    @Test func `settings pass through`() throws {
        let said = try options {
            $0.temperature = 0.5
            $0.topP = 1
            $0.maxTokens = 7
            $0.seed = 3
            $0.stop = ["x"]
            $0.frequencyPenalty = 1
            $0.presencePenalty = -1
        }
        #expect(said["temperature"] == 0.5 && said["top_p"] == 1.0 && said["max_tokens"] == 7 && said["seed"] == 3)
        #expect(said["stop"] == ["x"] && said["frequency_penalty"] == 1.0 && said["presence_penalty"] == -1.0)
    }

    @Test func `tools are told in the protocol's form, without what it does not have`() throws {
        let said = try options { $0.tools = [tool] }
        #expect(
            said["tools"] == [
                [
                    "type": "function",
                    "function": [
                        "name": "f", "description": "d", "parameters": ["type": "object", "properties": [:]],
                    ],
                ]
            ])
    }

    @Test(
        arguments: [
            (["mode": "none"], "none"), (["mode": "auto"], "auto"), (["mode": "required"], "required"),
            ("required", "required"),
            (["mode": "function", "name": "f"], ["type": "function", "function": ["name": "f"]]),
        ] as [(JSONValue, JSONValue)])
    func `a tool choice gets the protocol's form`(given: JSONValue, told: JSONValue) throws {
        #expect(
            try options {
                $0.tools = [tool]
                $0.toolChoice = given
            }["tool_choice"] == told)
    }

    @Test(
        arguments: [
            (["type": "text"], nil), (["type": "json_object"], ["type": "json_object"]),
            (
                ["type": "json_schema", "json_schema": ["type": "object"], "strict": true],
                [
                    "type": "json_schema",
                    "json_schema": ["name": "answer", "schema": ["type": "object"], "strict": true],
                ]
            ),
        ] as [(JSONValue, JSONValue?)])
    func `a form of the answer gets the protocol's form`(given: JSONValue, told: JSONValue?) throws {
        #expect(try options { $0.responseFormat = given }["response_format"] == told)
    }

    @Test func `what nobody knows is a failure with the remedy`() throws {
        for (name, fill) in [
            ("tool_choice", { $0.toolChoice = ["mode": "function"] }), ("tool_choice", { $0.toolChoice = 1 }),
            ("response_format", { $0.responseFormat = ["type": "json_schema"] }),
            ("response_format", { $0.responseFormat = ["type": "xml"] }), ("a tool must be", { $0.tools = ["f"] }),
        ] as [(String, (inout LLMInput) -> Void)] {
            let failure = #expect(throws: AppFailure.self) {
                try options {
                    $0.tools = [tool]
                    fill(&$0)
                }
            }
            #expect(failure?.message.hasPrefix(name) == true && failure?.code == .invalidInput)
        }
    }
}
