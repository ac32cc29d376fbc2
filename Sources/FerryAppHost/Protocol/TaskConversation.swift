// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire

/// The course of one task with its worker, from greeting to exit. Pure: what happens goes in, what to do comes out.
struct TaskConversation: Sendable {
    /// What can happen.
    enum Signal: Sendable, Hashable {
        case greeted(protocol: Int64)
        case finished(Ending)
        /// The worker said what the protocol does not allow, in words that go on after "the app sent".
        case broke(String)
        /// No more will be heard.
        case closed
        /// The process has ended.
        case exited
        case cancelRequested
        case expired(Timer)
    }

    /// What to do.
    enum Action: Sendable, Hashable {
        case send(WorkerCommand)
        /// Tells of the end of input, behind all that was sent.
        case closeInput
        /// Signals ``Signal/expired(_:)`` after that time.
        case arm(Timer, Duration)
        /// Signals ``Signal/exited`` when the process has ended.
        case awaitExit
        /// Kills what is left of the process group. The conversation is over.
        case stop
    }

    /// What is waited for.
    enum Timer: Sendable, Hashable {
        case greeting
        case task
        case stopping
        case exit
    }

    /// How the worker ended the task.
    enum Ending: Sendable, Hashable {
        case result(JSONValue)
        case failure(String)
        case cancelled
    }

    /// How the conversation ended.
    enum Outcome: Sendable, Hashable {
        case output(JSONValue)
        case failure(AppFailure)
        case cancelled
        /// Without a word; `wasKilled` if we ended the process after it had closed its output.
        case died(wasKilled: Bool)
    }

    private enum Phase: Sendable {
        case greeting
        case working
        /// The app was asked to stop.
        case stopping
        /// The task has ended and the process should.
        case leaving
        case over
    }

    private let run: WorkerCommand
    private let task: String
    private let limits: AppHostLimits
    private var phase = Phase.greeting
    private var settled: Outcome?

    init(job: AppJob, input: JSONValue, workFolder: String, outputFolder: String, limits: AppHostLimits) {
        run = .run(job, input: input, workFolder: workFolder, outputFolder: outputFolder)
        task = job.taskID
        self.limits = limits
    }

    /// How it ended; meaningful once ``Action/stop`` came out.
    var outcome: Outcome { settled ?? .died(wasKilled: false) }

    /// What to do first.
    func begin() -> [Action] { [.send(.hello), .arm(.greeting, limits.startTime)] }

    /// What to do about what happened.
    mutating func handle(_ signal: Signal) -> [Action] {
        switch (phase, signal) {
        case (.over, _): return []
        case (.greeting, .greeted(WorkerCommand.protocolVersion)):
            phase = .working
            return [.send(run), .arm(.task, limits.taskTime)]
        case (.greeting, .greeted(let version)):
            return stop(
                failure(
                    "the app speaks version \(version) of the protocol, this server \(WorkerCommand.protocolVersion);"
                        + " install matching versions"))
        case (_, .greeted): return stop(failure("the app greeted twice"))
        case (.greeting, .expired(.greeting)):
            return stop(failure("the app did not start within \(limits.startTime.inSeconds)", isRetryable: true))
        case (.greeting, .finished): return stop(failure("the app ended a task that it was not given"))
        case (.greeting, .cancelRequested): return stop(.cancelled)
        case (.working, .finished(let ending)): return leave(outcome(of: ending))
        case (.working, .cancelRequested): return ask(toStopFor: .cancelled)
        case (.working, .expired(.task)):
            return ask(toStopFor: failure("the app took longer than \(limits.taskTime.inSeconds) and was stopped"))
        case (.stopping, .finished): return leave(nil)
        case (.stopping, .cancelRequested):
            settled = .cancelled
            return []
        case (.stopping, .expired(.stopping)), (.leaving, .expired(.exit)): return stop(nil)
        case (.leaving, .finished): return stop(failure("the app ended the task twice"))
        case (_, .broke(let what)): return stop(failure("the app broke the protocol: it sent \(what)"))
        case (_, .closed): return hearNoMore()
        case (_, .exited):
            if settled == .died(wasKilled: true) { settled = .died(wasKilled: false) }
            return stop(nil)
        case (_, .expired), (.leaving, .cancelRequested): return []
        }
    }

    private func failure(_ message: String, isRetryable: Bool = false) -> Outcome {
        .failure(AppFailure(message: message, isRetryable: isRetryable))
    }

    private func outcome(of ending: Ending) -> Outcome {
        switch ending {
        case .result(let output): .output(output)
        case .failure(let message): failure(message)
        case .cancelled: failure("the app gave the task up without being asked to", isRetryable: true)
        }
    }

    /// What was settled first stands.
    private mutating func settle(_ outcome: Outcome?) {
        if settled == nil { settled = outcome }
    }

    private mutating func stop(_ outcome: Outcome?) -> [Action] {
        settle(outcome)
        phase = .over
        return [.stop]
    }

    private mutating func ask(toStopFor outcome: Outcome) -> [Action] {
        settle(outcome)
        phase = .stopping
        return [.send(.cancel(task: task)), .arm(.stopping, limits.stopTime)]
    }

    private mutating func leave(_ outcome: Outcome?) -> [Action] {
        settle(outcome)
        phase = .leaving
        return [.send(.shutdown), .closeInput, .arm(.exit, limits.exitTime)]
    }

    private mutating func hearNoMore() -> [Action] {
        if case .leaving = phase { return [.awaitExit] }
        // Taken back if the process is seen to end by itself.
        settle(.died(wasKilled: true))
        phase = .leaving
        return [.closeInput, .awaitExit, .arm(.exit, limits.exitTime)]
    }
}
