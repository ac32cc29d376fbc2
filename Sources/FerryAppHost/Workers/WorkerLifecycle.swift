// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire

/// The life of a worker: greeting, setup, then idle and at work by turns, and its end. Pure: what happens goes in, what
/// to do comes out.
struct WorkerLifecycle: Sendable {
    /// What can happen.
    enum Signal: Sendable, Hashable {
        case greeted(protocol: Int64)
        case ready
        case setupFailed(String)
        /// A task was given to it.
        case begin(TaskConversation)
        case task(TaskConversation.Signal)
        /// The worker said what the protocol does not allow, in words that go on after "the app sent".
        case broke(String)
        /// It takes more memory than these bytes, which it may have.
        case exceededMemory(Int64)
        /// No more will be heard.
        case closed
        /// The process has ended.
        case exited
        case expired(Timer)
        /// It is not needed any more.
        case stopRequested
    }

    /// What to do.
    enum Action: Sendable, Hashable {
        case send(WorkerCommand)
        /// Tells of the end of input, behind all that was sent.
        case closeInput
        /// Signals ``Signal/expired(_:)`` or the task's after that time.
        case arm(Timer, Duration)
        case disarm(Timer)
        /// Signals ``Signal/exited`` when the process has ended.
        case awaitExit
        /// It may be given tasks.
        case becomeReady
        /// Its task is about to be sent to it.
        case taskBegun
        /// Its task has ended; it may be given the next.
        case endTask(TaskConversation.Outcome)
        /// Kills what is left of the process group. The life is over.
        case kill
    }

    /// What is waited for.
    enum Timer: Sendable, Hashable {
        case greeting
        case setup
        case exit
        case task(TaskConversation.Timer)
    }

    /// Why it ended.
    enum Verdict: Sendable, Hashable {
        /// It was told to.
        case stopped
        case failure(AppFailure)
        /// Without a word; `wasKilled` if we ended the process after it had closed its output.
        case died(wasKilled: Bool)
    }

    private enum Phase: Sendable {
        case greeting
        case settingUp
        case idle
        case busy(TaskConversation)
        /// It should end by itself; with the task that it had.
        case leaving(TaskConversation?)
        case over(TaskConversation?)
    }

    private let hello: WorkerCommand
    private let setup: WorkerCommand
    private let limits: AppHostLimits
    private var phase = Phase.greeting
    private var settled: Verdict?

    init(hello: WorkerCommand, setup: WorkerCommand, limits: AppHostLimits) {
        self.hello = hello
        self.setup = setup
        self.limits = limits
    }

    /// Why it ended; meaningful once ``Action/kill`` came out.
    var verdict: Verdict { settled ?? .died(wasKilled: false) }

    /// How the task ended that it had when it ended itself; nil if it had none, or died over it.
    var lastOutcome: TaskConversation.Outcome? {
        if case .over(let conversation) = phase { conversation?.outcome } else { nil }
    }

    /// What to do first.
    func begin() -> [Action] { [.send(hello), .arm(.greeting, limits.startTime)] }

    /// What to do about what happened.
    mutating func handle(_ signal: Signal) -> [Action] {
        switch (phase, signal) {
        case (.over, _): return []
        case (.greeting, .greeted(WorkerCommand.protocolVersion)):
            phase = .settingUp
            return [.disarm(.greeting), .send(setup), .arm(.setup, limits.setupTime)]
        case (.greeting, .greeted(let version)):
            return fail(
                "the app speaks version \(version) of the protocol, this server \(WorkerCommand.protocolVersion);"
                    + " install matching versions")
        case (_, .greeted): return fail("the app greeted twice")
        case (.settingUp, .ready):
            phase = .idle
            return [.disarm(.setup), .becomeReady]
        case (_, .ready): return fail("the app said out of turn that it is ready")
        case (.settingUp, .setupFailed(let message)):
            settle(.failure(AppFailure(message: message)))
            return [.disarm(.setup)] + leave()
        case (_, .setupFailed): return fail("the app said out of turn that its setup failed")
        case (.greeting, .expired(.greeting)):
            return fail("the app did not start within \(limits.startTime.inSeconds)", isRetryable: true)
        case (.settingUp, .expired(.setup)):
            return fail("the app's setup took longer than \(limits.setupTime.inSeconds)")
        case (.idle, .begin(let conversation)):
            phase = .busy(conversation)
            return [.taskBegun] + translate(conversation.begin())
        case (_, .begin): return []
        case (.busy(var conversation), .task(let signal)):
            let actions = conversation.handle(signal)
            phase = .busy(conversation)
            return translate(actions)
        case (.busy(var conversation), .expired(.task(let timer))):
            let actions = conversation.handle(.expired(timer))
            phase = .busy(conversation)
            return translate(actions)
        case (.leaving, .task), (_, .task(.cancelRequested)), (_, .task(.expired)): return []
        case (_, .task(.finished)): return fail("the app ended a task that it was not given")
        case (.idle, .stopRequested): return stop()
        case (.leaving, .stopRequested): return []
        case (_, .stopRequested):
            settle(.stopped)
            return kill()
        case (_, .broke(let what)): return fail("the app broke the protocol: it sent \(what)")
        case (_, .exceededMemory(let bytes)):
            return fail("the app used more than \(Self.inWords(bytes)) of memory and was ended")
        case (_, .closed): return hearNoMore()
        case (_, .exited):
            if settled == .died(wasKilled: true) { settled = .died(wasKilled: false) }
            return kill()
        case (.leaving, .expired(.exit)): return kill()
        case (_, .expired): return []
        }
    }

    /// What was settled first stands.
    private mutating func settle(_ verdict: Verdict) {
        if settled == nil { settled = verdict }
    }

    private mutating func fail(_ message: String, isRetryable: Bool = false) -> [Action] {
        settle(.failure(AppFailure(message: message, isRetryable: isRetryable)))
        return kill()
    }

    private mutating func kill() -> [Action] {
        switch phase {
        case .busy(let conversation): phase = .over(conversation)
        case .leaving(let conversation): phase = .over(conversation)
        default: phase = .over(nil)
        }
        return [.kill]
    }

    private mutating func stop() -> [Action] {
        settle(.stopped)
        return leave()
    }

    private mutating func leave() -> [Action] {
        phase = .leaving(nil)
        return [.send(.shutdown), .closeInput, .arm(.exit, limits.exitTime)]
    }

    private mutating func hearNoMore() -> [Action] {
        switch phase {
        case .leaving: return [.awaitExit]
        case .busy(let conversation): phase = .leaving(conversation)
        default: phase = .leaving(nil)
        }
        // Taken back if the process is seen to end by itself.
        settle(.died(wasKilled: true))
        return [.closeInput, .awaitExit, .arm(.exit, limits.exitTime)]
    }

    private mutating func translate(_ actions: [TaskConversation.Action]) -> [Action] {
        actions.flatMap { action -> [Action] in
            switch action {
            case .send(let command): return [.send(command)]
            case .arm(let timer, let time): return [.arm(.task(timer), time)]
            case .disarm(let timer): return [.disarm(.task(timer))]
            case .end:
                guard case .busy(let conversation) = phase, let outcome = conversation.outcome else { return [] }
                phase = .idle
                return [.endTask(outcome)]
            case .condemn:
                settle(.stopped)
                return kill()
            }
        }
    }

    /// Bytes for people: `512 MiB`, `1.5 GiB`.
    static func inWords(_ bytes: Int64) -> String {
        if bytes >= 1 << 30 {
            let tenths = (bytes * 10) >> 30
            return tenths % 10 == 0 ? "\(tenths / 10) GiB" : "\(tenths / 10).\(tenths % 10) GiB"
        }
        return bytes >= 1 << 20 ? "\(bytes >> 20) MiB" : "\(bytes >> 10) KiB"
    }
}
