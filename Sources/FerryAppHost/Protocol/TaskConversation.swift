// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire

/// The course of one task on a worker that is ready for it. Pure: what happens goes in, what to do comes out.
struct TaskConversation: Sendable, Hashable {
    /// What can happen.
    enum Signal: Sendable, Hashable {
        case finished(Ending)
        case cancelRequested
        case expired(Timer)
    }

    /// What to do.
    enum Action: Sendable, Hashable {
        case send(WorkerCommand)
        /// Signals ``Signal/expired(_:)`` after that time.
        case arm(Timer, Duration)
        /// Forgets a timer.
        case disarm(Timer)
        /// The task has ended and its worker can have the next one.
        case end
        /// The task has ended and its worker must not live on.
        case condemn
    }

    /// What is waited for.
    enum Timer: Sendable, Hashable {
        case task
        case stopping
    }

    /// How the worker ended the task.
    enum Ending: Sendable, Hashable {
        case result(JSONValue)
        case failure(String)
        case cancelled
    }

    /// How the task ended.
    enum Outcome: Sendable, Hashable {
        case output(JSONValue)
        case failure(AppFailure)
        case cancelled
    }

    private enum Phase: Sendable, Hashable {
        case working
        /// The app was asked to stop.
        case stopping
        case over
    }

    /// The command that begins the task.
    let run: WorkerCommand
    /// The task's id.
    let task: String
    private let limits: AppHostLimits
    private var phase = Phase.working
    /// How it ended, once it is known. A worker's death after that changes nothing.
    private(set) var outcome: Outcome?

    init(task: String, run: WorkerCommand, limits: AppHostLimits) {
        self.run = run
        self.task = task
        self.limits = limits
    }

    /// What to do first.
    func begin() -> [Action] { [.send(run), .arm(.task, limits.taskTime)] }

    /// What to do about what happened.
    mutating func handle(_ signal: Signal) -> [Action] {
        switch (phase, signal) {
        case (.over, _): return []
        case (.working, .finished(let ending)):
            outcome = outcome(of: ending)
            phase = .over
            return [.disarm(.task), .end]
        case (.working, .cancelRequested):
            return [.disarm(.task)] + ask(toStopFor: .cancelled)
        case (.working, .expired(.task)):
            let words = "the app took longer than \(limits.taskTime.inSeconds) and was stopped"
            return ask(toStopFor: .failure(AppFailure(message: words)))
        case (.stopping, .finished):
            phase = .over
            return [.disarm(.stopping), .end]
        case (.stopping, .cancelRequested):
            outcome = .cancelled
            return []
        case (.stopping, .expired(.stopping)):
            phase = .over
            return [.condemn]
        case (_, .expired): return []
        }
    }

    private mutating func ask(toStopFor outcome: Outcome) -> [Action] {
        self.outcome = outcome
        phase = .stopping
        return [.send(.cancel(task: task)), .arm(.stopping, limits.stopTime)]
    }

    private func outcome(of ending: Ending) -> Outcome {
        switch ending {
        case .result(let output): .output(output)
        case .failure(let message): .failure(AppFailure(message: message))
        case .cancelled:
            .failure(AppFailure(message: "the app gave the task up without being asked to", isRetryable: true))
        }
    }
}
