// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Testing

@testable import FerryAppHost

@Suite struct ConversationTests {
    private let run = WorkerCommand.sampleRun("t")
    private let limits = AppHostLimits()

    private func fresh() -> TaskConversation { TaskConversation(task: "t", run: run, limits: limits) }

    @Test func `a task is given, and its result ends it`() {
        var conversation = fresh()
        #expect(conversation.begin() == [.send(run), .arm(.task, limits.taskTime)])
        #expect(conversation.handle(.finished(.result(["x": 1]))) == [.disarm(.task), .end])
        #expect(conversation.outcome == .output(["x": 1]))
        #expect(conversation.handle(.cancelRequested) == [])
        #expect(conversation.handle(.expired(.task)) == [])
        #expect(conversation.outcome == .output(["x": 1]))
    }

    @Test func `a cancelled app is asked to stop, and one that does leaves its worker usable`() {
        var conversation = fresh()
        #expect(
            conversation.handle(.cancelRequested)
                == [.disarm(.task), .send(.cancel(task: "t")), .arm(.stopping, limits.stopTime)])
        var other = conversation
        #expect(conversation.handle(.finished(.result(1))) == [.disarm(.stopping), .end])
        #expect(conversation.outcome == .cancelled)
        #expect(other.handle(.expired(.stopping)) == [.condemn])
        #expect(other.outcome == .cancelled)
    }

    @Test func `a cancellation while stopping for the time limit is a cancellation`() {
        var conversation = fresh()
        #expect(
            conversation.handle(.expired(.task)) == [.send(.cancel(task: "t")), .arm(.stopping, limits.stopTime)])
        #expect(conversation.handle(.cancelRequested) == [])
        #expect(conversation.handle(.expired(.stopping)) == [.condemn])
        #expect(conversation.outcome == .cancelled)
    }
}

@Suite struct LifecycleTests {
    private let limits = AppHostLimits()
    private let hello = WorkerCommand.hello(origins: [])
    private let setup = WorkerCommand.setup(app: "a/b", setup: .null, .sample)

    private func fresh() -> WorkerLifecycle { WorkerLifecycle(hello: hello, setup: setup, limits: limits) }

    private func idle() -> WorkerLifecycle {
        var life = fresh()
        _ = life.handle(.greeted(protocol: 2))
        _ = life.handle(.ready)
        return life
    }

    private func conversation(_ task: String = "t") -> TaskConversation {
        TaskConversation(task: task, run: .sampleRun(task), limits: limits)
    }

    @Test func `a worker greets, is set up, works on two tasks and ends when told to`() {
        var life = fresh()
        #expect(life.begin() == [.send(hello), .arm(.greeting, limits.startTime)])
        #expect(
            life.handle(.greeted(protocol: 2)) == [.disarm(.greeting), .send(setup), .arm(.setup, limits.setupTime)])
        #expect(life.handle(.ready) == [.disarm(.setup), .becomeReady])
        for task in ["t", "u"] {
            #expect(
                life.handle(.begin(conversation(task)))
                    == [.taskBegun, .send(.sampleRun(task)), .arm(.task(.task), limits.taskTime)])
            #expect(
                life.handle(.task(.finished(.result(1)))) == [.disarm(.task(.task)), .endTask(.output(1))])
        }
        #expect(life.handle(.stopRequested) == [.send(.shutdown), .closeInput, .arm(.exit, limits.exitTime)])
        #expect(life.handle(.closed) == [.awaitExit])
        #expect(life.handle(.exited) == [.kill])
        #expect(life.verdict == .stopped)
        #expect(life.lastOutcome == nil)
    }

    @Test func `a failed setup is the app's failure, and the app may end by itself`() {
        var life = fresh()
        _ = life.handle(.greeted(protocol: 2))
        #expect(
            life.handle(.setupFailed("no model"))
                == [.disarm(.setup), .send(.shutdown), .closeInput, .arm(.exit, limits.exitTime)])
        #expect(life.handle(.expired(.exit)) == [.kill])
        #expect(life.verdict == .failure(AppFailure(message: "no model")))
    }

    @Test func `what comes out of turn ends the worker`() {
        for signal: WorkerLifecycle.Signal in [
            .ready, .setupFailed("x"), .task(.finished(.result(1))), .greeted(protocol: 2), .broke("x"),
            .exceededMemory(1 << 30),
        ] {
            var life = idle()
            #expect(life.handle(signal) == [.kill], "\(signal)")
            guard case .failure(let failure) = life.verdict else {
                Issue.record("\(signal)")
                continue
            }
            #expect(!failure.isRetryable)
        }
    }

    @Test func `a cancellation that comes after the end of its task harms nobody`() {
        var life = idle()
        #expect(life.handle(.task(.cancelRequested)) == [])
        #expect(life.handle(.begin(conversation())).count == 3)
    }

    @Test func `an app that ends by itself has died, one that had to be killed was killed`() {
        var life = idle()
        _ = life.handle(.begin(conversation()))
        #expect(life.handle(.closed) == [.closeInput, .awaitExit, .arm(.exit, limits.exitTime)])
        var other = life
        #expect(life.handle(.exited) == [.kill])
        #expect(life.verdict == .died(wasKilled: false))
        #expect(life.lastOutcome == nil)
        #expect(other.handle(.expired(.exit)) == [.kill])
        #expect(other.verdict == .died(wasKilled: true))
    }

    @Test func `a task that was cancelled stays cancelled however the worker ends`() {
        for signal: WorkerLifecycle.Signal in [.broke("x"), .expired(.task(.stopping)), .exceededMemory(1)] {
            var life = idle()
            _ = life.handle(.begin(conversation()))
            _ = life.handle(.task(.cancelRequested))
            #expect(life.handle(signal) == [.kill])
            #expect(life.lastOutcome == .cancelled)
        }
    }

    @Test func `memory is told in units for people`() {
        #expect(WorkerLifecycle.inWords(8 << 30) == "8 GiB")
        #expect(WorkerLifecycle.inWords(3 << 29) == "1.5 GiB")
        #expect(WorkerLifecycle.inWords(64 << 20) == "64 MiB")
    }

    @Test func `whatever happens in whatever order, a worker ends once it must`() {
        let all: [WorkerLifecycle.Signal] = [
            .greeted(protocol: 2), .ready, .setupFailed("x"), .begin(conversation()), .task(.finished(.result(1))),
            .task(.finished(.cancelled)), .broke("x"), .closed, .exited, .task(.cancelRequested), .stopRequested,
            .expired(.greeting), .expired(.setup), .expired(.task(.task)), .expired(.task(.stopping)), .expired(.exit),
        ]
        var generator = SeededGenerator(state: 7)
        for _ in 0..<5000 {
            var life = fresh()
            var kills = 0
            for _ in 0..<16 {
                guard let signal = all.randomElement(using: &generator) else { break }
                kills += life.handle(signal).count { $0 == .kill }
            }
            #expect(kills <= 1)
            let late = [.closed, .expired(.exit), .exited]
                .flatMap { (signal: WorkerLifecycle.Signal) in life.handle(signal) }
            #expect(kills == 1 || late.contains(.kill))
        }
    }
}

extension WorkerIdentity {
    static let sample = WorkerIdentity(appID: "a", versionID: "v", workerID: "w")
}

extension WorkerCommand {
    static func sampleRun(_ task: String) -> WorkerCommand {
        .run(.sample(task), app: "a/b", input: [:], workFolder: "/w", outputFolder: "/w/out", .sample)
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
