// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Testing

@testable import FerryAppHost

@Suite struct ConversationTests {
    private static let job = AppJob.sample("t", app: "a/b")
    private let run = WorkerCommand.run(job, input: [:], workFolder: "/w", outputFolder: "/w/out")
    private let limits = AppHostLimits()

    private func fresh() -> TaskConversation {
        TaskConversation(job: Self.job, input: [:], workFolder: "/w", outputFolder: "/w/out", limits: limits)
    }

    private func working() -> TaskConversation {
        var conversation = fresh()
        _ = conversation.handle(.greeted(protocol: 1))
        return conversation
    }

    @Test func `a task goes from greeting over work to exit`() {
        var conversation = fresh()
        #expect(conversation.begin() == [.send(.hello), .arm(.greeting, limits.startTime)])
        #expect(conversation.handle(.greeted(protocol: 1)) == [.send(run), .arm(.task, limits.taskTime)])
        #expect(conversation.handle(.expired(.greeting)) == [])
        #expect(
            conversation.handle(.finished(.result(["x": 1])))
                == [.send(.shutdown), .closeInput, .arm(.exit, limits.exitTime)])
        #expect(conversation.handle(.closed) == [.awaitExit])
        #expect(conversation.handle(.exited) == [.stop])
        #expect(conversation.outcome == .output(["x": 1]))
        #expect(conversation.handle(.expired(.exit)) == [])
        #expect(conversation.handle(.cancelRequested) == [])
    }

    @Test func `a cancellation after the result changes nothing`() {
        var conversation = working()
        _ = conversation.handle(.finished(.result(1)))
        #expect(conversation.handle(.cancelRequested) == [])
        #expect(conversation.handle(.expired(.exit)) == [.stop])
        #expect(conversation.outcome == .output(1))
    }

    @Test func `a cancellation while stopping for the time limit is a cancellation`() {
        var conversation = working()
        #expect(
            conversation.handle(.expired(.task)) == [.send(.cancel(task: "t")), .arm(.stopping, limits.stopTime)])
        #expect(conversation.handle(.cancelRequested) == [])
        #expect(conversation.handle(.expired(.stopping)) == [.stop])
        #expect(conversation.outcome == .cancelled)
    }

    @Test func `an app that ends by itself has died, one that had to be killed was killed`() {
        var conversation = working()
        #expect(conversation.handle(.closed) == [.closeInput, .awaitExit, .arm(.exit, limits.exitTime)])
        var other = conversation
        #expect(conversation.handle(.exited) == [.stop])
        #expect(conversation.outcome == .died(wasKilled: false))
        #expect(other.handle(.expired(.exit)) == [.stop])
        #expect(other.outcome == .died(wasKilled: true))
    }

    @Test func `whatever happens in whatever order, a conversation ends once it must`() {
        let all: [TaskConversation.Signal] = [
            .greeted(protocol: 1), .finished(.result(1)), .finished(.cancelled), .broke("x"), .closed, .exited,
            .cancelRequested, .expired(.greeting), .expired(.task), .expired(.stopping), .expired(.exit),
        ]
        var generator = SeededGenerator(state: 7)
        for _ in 0..<5000 {
            var conversation = fresh()
            var stops = 0
            var commands = 0
            for _ in 0..<12 {
                guard let signal = all.randomElement(using: &generator) else { break }
                for action in conversation.handle(signal) {
                    if case .stop = action { stops += 1 }
                    if case .send = action { commands += 1 }
                }
            }
            #expect(stops <= 1)
            #expect(commands <= 4)
            let late = [.closed, .expired(.greeting), .expired(.task), .expired(.stopping), .expired(.exit), .exited]
                .flatMap { (signal: TaskConversation.Signal) in conversation.handle(signal) }
            #expect(stops == 1 || late.contains(.stop))
        }
    }
}

/// A small generator whose numbers are the same in every run.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
