// SPDX-License-Identifier: Apache-2.0

import FerryApp
import FerryWire
import Testing

@testable import ferry_builtin_apps

@Suite struct CompletionReaderTests {
    private func reader(_ events: JSONValue..., limits: ChatCompletionLimits = .standard) throws -> CompletionReader {
        var reader = CompletionReader(limits: limits, secret: "sesame") { "made" }
        for event in events { _ = try reader.take(event: event.serialized()) }
        return reader
    }

    private func chunk(_ delta: JSONValue, finish: JSONValue = nil) -> JSONValue {
        ["choices": [["index": 0, "delta": delta, "finish_reason": finish]]]
    }

    @Test func `text, thoughts, calls, reason and usage are put together`() throws {
        let call: (JSONValue) -> JSONValue = { ["tool_calls": [$0]] }
        let read = try reader(
            chunk(["role": "assistant", "content": ""]), chunk(["reasoning_content": "hm"]), chunk(["reasoning": "m"]),
            chunk(["content": "a"]), chunk(["content": "b", "tool_calls": nil]),
            chunk(call(["index": 0, "id": "c1", "type": "function", "function": ["name": "f", "arguments": ""]])),
            chunk(call(["index": 0, "function": ["arguments": "{\"x\""]])),
            chunk(call(["index": 0, "id": "", "function": ["name": "", "arguments": ":1}"]])),
            chunk([:], finish: "tool_calls"), ["choices": [], "usage": ["prompt_tokens": 3, "total_tokens": 5]])
        let output = try read.answer.output()
        #expect(output.response == "ab" && output.reasoning == "hmm")
        #expect(output.toolCalls == [LLMToolCall(id: "c1", name: "f", arguments: ["x": 1])])
        #expect(read.isWhole && !read.isDone && read.finishReason == "tool_calls")
        #expect(read.usage?["prompt_tokens"] == 3)
    }

    @Test func `calls without index or id, and with objects for arguments, are understood`() throws {
        let read = try reader(
            chunk(["tool_calls": [["function": ["name": "f", "arguments": ["x": 1]]]]]),
            chunk(["tool_calls": [["id": "b", "function": ["name": "g", "arguments": "{"]]]]),
            chunk(["tool_calls": [["id": "b", "function": ["arguments": "}"]]]]))
        #expect(
            try read.answer.output().toolCalls == [
                LLMToolCall(id: "made", name: "f", arguments: ["x": 1]),
                LLMToolCall(id: "b", name: "g", arguments: [:]),
            ])
    }

    @Test func `an answer without an end is not whole, and the mark alone is an end`() throws {
        var read = try reader(chunk(["content": "a"]))
        #expect(!read.isWhole)
        #expect(try read.take(event: Array("[DONE]".utf8)).isEmpty)
        #expect(read.isWhole && read.isDone)
    }

    @Test func `an answer that comes as a whole is taken`() throws {
        var read = CompletionReader()
        let whole: JSONValue = [
            "choices": [["message": ["role": "assistant", "content": "hi"], "finish_reason": "stop"]],
            "usage": ["completion_tokens": 1],
        ]
        #expect(try read.take(whole: whole.serialized()) == LLMDelta(response: "hi"))
        #expect(read.isWhole && read.finishReason == "stop")
        #expect(throws: AppFailure.self) { try read.take(whole: Array(#"{"choices":[]}"#.utf8)) }
        #expect(throws: AppFailure.self) { try read.take(whole: Array("<html>".utf8)) }
    }

    @Test func `an error in the stream is told without the key, on one line and not at length`() throws {
        let text = "bad sesame\n" + String(repeating: "x", count: 500)
        let failure = #expect(throws: AppFailure.self) { try reader(["error": ["message": .string(text)]]) }
        let message = failure?.message ?? ""
        #expect(message.contains("“bad … xxx") && !message.contains("sesame") && message.count < 400)
    }

    @Test func `an answer has a limit`() throws {
        var limits = ChatCompletionLimits()
        limits.answerBytes = 10
        #expect(throws: Never.self) { try reader(chunk(["content": "0123456789"]), limits: limits) }
        let failure = #expect(throws: AppFailure.self) {
            try reader(chunk(["content": "0123456789"]), chunk(["reasoning": "x"]), limits: limits)
        }
        #expect(failure?.message.contains("max_tokens") == true)
    }
}
