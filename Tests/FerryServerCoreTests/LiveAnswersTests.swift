// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@testable import FerryServerCore

/// What is kept of answers, and for how long.
@Suite struct LiveAnswersTests {
    private let answers = LiveAnswers(maximumSize: 2 << 20)

    private func say(_ size: Int, _ id: String) {
        answers.replace(["response": .string(String(repeating: "x", count: size))], of: id)
    }

    @Test func `an answer that is whole is kept until there are too many`() {
        let count = LiveAnswers.maximumEndedCount
        for number in 0...count {
            answers.begin("\(number)")
            say(1, "\(number)")
            answers.end("\(number)")
        }
        #expect(answers.answer(of: "0") == nil && answers.answer(of: "1")?.response == "x")
        #expect(answers.kept == (count, count))
    }

    @Test func `answers that are whole have a size together`() {
        for id in ["a", "b", "c"] {
            answers.begin(id)
            say(3 << 19, id)
            answers.end(id)
        }
        #expect(answers.answer(of: "a") == nil && answers.answer(of: "b") != nil && answers.answer(of: "c") != nil)
        #expect(answers.kept == (2, 3 << 20))
    }

    @Test func `a second end changes nothing, and so does what comes behind an end`() {
        answers.begin("a")
        say(1 << 20, "a")
        for _ in 0..<1000 { answers.end("a") }
        answers.end("nobody")
        #expect(answers.kept == (1, 1 << 20))
        say(5, "a")
        answers.append(["response": "more"], of: "a")
        #expect(answers.answer(of: "a")?.response.utf8.count == 1 << 20)
        answers.end("a")
        #expect(answers.kept == (1, 1 << 20))
    }

    @Test func `a task that is begun again counts once, with what it says then`() {
        for size in [1 << 20, 5, 2 << 20, 0] {
            answers.begin("a")
            say(size, "a")
            answers.end("a")
            #expect(answers.kept == (1, size))
        }
        // The one that was begun again is at work, and stays however many others end.
        answers.begin("a")
        say(7, "a")
        for number in 0..<LiveAnswers.maximumEndedCount * 2 {
            answers.begin("\(number)")
            say(1 << 15, "\(number)")
            answers.end("\(number)")
        }
        #expect(answers.answer(of: "a")?.response.utf8.count == 7)
        #expect(answers.kept.endedSize <= LiveAnswers.maximumEndedSize)
    }

    @Test func `an answer that is forgotten leaves no size behind`() {
        for _ in 0..<10 {
            answers.begin("a")
            say(1 << 20, "a")
            answers.end("a")
            answers.remove("a")
        }
        #expect(answers.kept == (0, 0))
        answers.remove("a")
        #expect(answers.kept == (0, 0))
    }

    @Test func `an answer larger than all may be together is forgotten at its end`() {
        let answers = LiveAnswers(maximumSize: 8 << 20)
        for id in ["a", "b"] {
            answers.begin(id)
            answers.replace(["response": .string(String(repeating: "x", count: 5 << 20))], of: id)
            answers.end(id)
            answers.end(id)
        }
        #expect(answers.kept == (0, 0))
    }
}
