// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@testable import FerryClient

/// What is told of lines, without any network.
@Suite struct ChatProgressTests {
    private struct Dice: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    private static func progress(_ awaited: AwaitedRun? = nil) -> ChatProgress {
        ChatProgress(awaiting: awaited, maximumAnswerSize: 1 << 20)
    }

    private static func increment(_ dice: inout Dice) -> JSONValue {
        let text = ["a", "é", "e\u{301}", "👩‍👩‍👧", " ", "\n", "zz"].randomElement(using: &dice)!
        switch Int.random(in: 0..<4, using: &dice) {
        case 0: return ["reasoning": .string(text)]
        case 1:
            let index = Int64.random(in: 0..<2, using: &dice)
            return [
                "tool_calls": [
                    [
                        "index": .integer(index), "id": "c\(index)",
                        "function": ["name": "f", "arguments": .string(text)],
                    ]
                ]
            ]
        default: return ["response": .string(text)]
        }
    }

    @Test func `increments put together are the answer, wherever connections end`() throws {
        var dice = Dice(state: 7)
        for _ in 0..<300 {
            let increments = (0..<Int.random(in: 1..<12, using: &dice)).map { _ in Self.increment(&dice) }
            var whole = PartialAnswer()
            var progress = Self.progress()
            var told = PartialAnswer()
            var events = try progress.take(.message(answer()))
            var known = 0
            while known < increments.count {
                // What was said while nobody listened, then some increments of a connection.
                let first = Int.random(in: known...increments.count, using: &dice)
                for delta in increments[known..<first] { whole.append(delta) }
                let all = AnswerDelta(
                    delta: whole.delta(since: .init())?.delta ?? [:], seq: Int64(first), messageID: answerID,
                    isWhole: true)
                events += try progress.take(.delta(all))
                known = Int.random(in: first...increments.count, using: &dice)
                for index in first..<known {
                    whole.append(increments[index])
                    let line = AnswerDelta(delta: increments[index], seq: Int64(index + 1), messageID: answerID)
                    events += try progress.take(.delta(line))
                    // The same once more, as servers say it that do not put increments together.
                    if Bool.random(using: &dice) { #expect(try progress.take(.delta(line)).isEmpty) }
                }
            }
            for case .delta(let delta) in events {
                #expect(!delta.isRestart)
                told.append(delta.increment)
                #expect(told == delta.answer)
            }
            #expect(told == whole)
        }
    }

    @Test func `what is missing of an answer comes with its message`() throws {
        var progress = Self.progress()
        var events = try progress.take(.message(answer()))
        events += try progress.take(delta("Hel", 1))
        events += try progress.take(.message(answer("Hello", status: .ready, reasoning: "Hm.")))
        events += try progress.take(delta("lo", 2))
        #expect(
            words(events) == [
                "assistant pending ''", "delta 'Hel' of 'Hel'", "delta 'lo' of 'Hello'", "assistant ready 'Hello'",
            ])
        // Text that was cut off or taken back when the chat was stopped is not told as new.
        var stopped = Self.progress()
        _ = try stopped.take(.message(answer()))
        _ = try stopped.take(delta("Hello", 1))
        #expect(words(try stopped.take(.message(answer("", status: .cancelled)))) == ["assistant cancelled ''"])
        // Text that became another one is.
        var changed = Self.progress()
        _ = try changed.take(.message(answer()))
        _ = try changed.take(delta("Helo", 1))
        let told = words(try changed.take(.message(answer("Hello", status: .ready))))
        #expect(told == ["anew 'Hello' of 'Hello'", "assistant ready 'Hello'"])
    }

    @Test func `a message is told again only when it is another`() throws {
        var progress = Self.progress()
        var message = answer("x", status: .ready)
        message.content.append(ChatMessageContent(.file, uri: "https://h/a?signature=1", filename: "a"))
        #expect(try progress.take(.message(message)).count == 2)
        message.content[1].uri = "https://h/a?signature=2"
        #expect(try progress.take(.message(message)).isEmpty)
        message.toolInvocations = [toolCall("t")]
        #expect(words(try progress.take(.message(message))) == ["assistant ready 'x'", "call t"])
        message.toolInvocations = [toolCall("t", status: .inProgress)]
        #expect(words(try progress.take(.message(message))) == ["assistant ready 'x'"])
        #expect(words(try progress.take(.message(answer("so far")))) == ["assistant pending 'so far'"])
        #expect(try progress.take(.message(answer("so far and further"))).isEmpty)
    }

    @Test func `an answer without end is an error`() throws {
        var progress = ChatProgress(awaiting: nil, maximumAnswerSize: 10)
        _ = try progress.take(delta("0123456789", 1))
        #expect(throws: FerryError.self) { try progress.take(delta("x", 2)) }
    }

    @Test func `the awaited work is told from others by its ids`() {
        let awaited = AwaitedRun(AgentRunResponse(userMessage: userMessage(), assistantMessage: answer()))
        #expect(awaited.verdict(chat(.working)) == .goesOn)
        #expect(awaited.verdict(chat(.submitted)) == .goesOn)
        for state in [AgentRunState.completed, .failed, .canceled, .inputRequired] {
            #expect(awaited.verdict(chat(state)) == .over)
        }
        #expect(awaited.verdict(chat(.working, run: "next", user: "other")) == .uncertain)
        #expect(awaited.verdict(chat(.completed, run: "old", user: "other")) == .uncertain)
        #expect(awaited.verdict(chat(nil)) == .uncertain)
        #expect(awaited.verdict(chat(.completed, user: nil)) == .over)
        #expect(awaited.owns(answer("", id: "x", run: "other")) == false)
        var queued = AwaitedRun(
            AgentRunResponse(userMessage: userMessage(status: .queued, run: nil), assistantMessage: nil))
        #expect(queued.isQueued)
        #expect(queued.verdict(chat(.working, run: "old", user: "other")) == .goesOn)
        #expect(queued.owns(answer("", run: "whose")) == nil)
        queued.learn(userMessage(run: "mine"))
        #expect(!queued.isQueued)
        #expect(queued.owns(answer("", run: "mine")) == true)
    }
}
