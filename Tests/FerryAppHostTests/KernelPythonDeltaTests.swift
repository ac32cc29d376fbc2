// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Foundation
import Testing

@testable import FerryAppHost

/// What Python apps yield of a language model's answer.
@Suite(.serialized) struct KernelPythonDeltaTests {
    private static let app = #"""
        from typing import AsyncGenerator

        from inferencesh import BaseApp, BaseAppInput
        from inferencesh.models.llm import LLMDelta, LLMOutput


        class RunInput(BaseAppInput):
            text: str = ""


        class App(BaseApp):
            async def run(self, input_data: RunInput) -> AsyncGenerator[LLMDelta, None]:
                for word in ["so ", "it ", "goes"]:
                    yield LLMDelta(response=word)
                call = {"index": 0, "id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a":'}}
                yield LLMDelta(tool_calls=[call])
                yield LLMDelta(tool_calls=[{"index": 0, "function": {"arguments": " 1}"}}])
                yield LLMDelta(reasoning="because", usage={"stop_reason": "tool_calls", "total_tokens": 7})

            def mixed(self, input_data: RunInput):
                yield LLMDelta(response="a")
                yield LLMOutput(response="ab")
                yield LLMDelta(response="c")

            def snapshots(self, input_data: RunInput):
                yield LLMOutput(response="a")
                yield LLMOutput(response="ab")

            def broken(self, input_data: RunInput):
                yield LLMDelta(tool_calls=[{"index": 0, "function": {"name": "add", "arguments": "{"}}])
        """#

    @Test func `increments are passed on as such and come to an answer`() async throws {
        try await AppsFolder.with { host async throws in
            try host.write(
                "chat", ["inf.yml": AppsFolder.settings("chat", kernel: "python-3.11"), "inference.py": Self.app])
            let entry = try await host.entry("chat")
            let talk = try Talk(try await host.catalog.prepared(entry) { _ in }, in: host.folder)
            #expect(try await talk.begin()?["type"] == "ready", "\(talk.log)")

            let said = try await talk.run()
            #expect(said.map { $0["type"] } == Array(repeating: "delta", count: 6) + ["result"], "\(talk.log)")
            #expect(
                said.prefix(3).map { $0["delta"] } == [["response": "so "], ["response": "it "], ["response": "goes"]])
            #expect(
                said[3]["delta"] == [
                    "tool_calls": [
                        [
                            "index": 0, "id": "c1", "type": "function",
                            "function": ["name": "add", "arguments": "{\"a\":"],
                        ]
                    ]
                ])
            #expect(said[4]["delta"] == ["tool_calls": [["index": 0, "function": ["arguments": " 1}"]]]])
            #expect(said[5]["delta"]?["usage"] == ["stop_reason": "tool_calls", "total_tokens": 7])
            #expect(
                said.last?["output"] == [
                    "response": "so it goes", "reasoning": "because",
                    "usage": ["stop_reason": "tool_calls", "total_tokens": 7],
                    "tool_calls": [
                        ["id": "c1", "type": "function", "function": ["name": "add", "arguments": ["a": 1]]]
                    ],
                ])

            let mixed = try await talk.run("mixed")
            #expect(mixed.map { $0["type"] } == ["delta", "partial", "delta", "result"])
            #expect(mixed.last?["output"]?["response"] == "ab")
            let snapshots = try await talk.run("snapshots")
            #expect(snapshots.map { $0["type"] } == ["partial", "partial", "result"])
            #expect(snapshots.last?["output"]?["response"] == "ab")
            let broken = try await talk.run("broken").last
            #expect(broken?["code"] == "bad_output")
            #expect(broken?["message"]?.stringValue?.contains("add are no JSON object") == true)
            #expect(try await talk.end() == 0)
        }
    }
}
