// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Logging
import Subprocess

/// One process that works on one task: starts it, does what the ``TaskConversation`` says, and sees it to its end.
struct AppSession: Sendable {
    typealias Signal = TaskConversation.Signal

    private let job: AppJob
    private let input: JSONValue
    private let program: String
    private let folder: DiskWorkspace
    private let launcher: AppLauncher
    private let limits: AppHostLimits
    private let logger: Logger
    private let gate: EventGate
    private let log: TaskLog
    // A handful of signals at most come in: one for each message that moves the conversation, timer, pipe and caller.
    private let signals: AsyncStream<Signal>
    private let inbox: AsyncStream<Signal>.Continuation

    init(
        job: AppJob, input: JSONValue, program: String, folder: DiskWorkspace, launcher: AppLauncher,
        limits: AppHostLimits,
        logger: Logger, events: @escaping @Sendable (AppEvent) async -> Void
    ) {
        self.job = job
        self.input = input
        self.program = program
        self.folder = folder
        self.launcher = launcher
        self.limits = limits
        self.logger = logger
        gate = EventGate(handler: events)
        log = TaskLog(limit: limits.maximumLog)
        (signals, inbox) = AsyncStream.makeStream()
    }

    /// Asks the app to stop. ``run()`` then throws `CancellationError`.
    func cancel() { inbox.yield(.cancelRequested) }

    /// The task's output. To be called once, in a task that is not cancelled.
    ///
    /// - Throws: ``AppFailure``, `CancellationError`.
    func run() async throws -> JSONValue {
        let configuration = launcher.configuration(program: program, arguments: [], folder: folder)
        let outcome: TaskConversation.Outcome
        let status: TerminationStatus
        do {
            let record = try await Subprocess.run(
                configuration, input: .inputWriter, output: .sequence, error: .sequence
            ) { execution in
                await converse(
                    ProcessGroup(leader: execution.processIdentifier.value), execution.standardInputWriter,
                    execution.standardOutput, execution.standardError)
            }
            outcome = record.closureResult
            status = record.terminationStatus
        } catch {
            logger.error("a process of an app could not be run", metadata: ["error": "\(error)", "app": "\(job.app)"])
            throw AppFailure(
                message: "the app's process could not be run; the server's log says why", isRetryable: true)
        }
        switch outcome {
        case .output(let output): return output
        case .failure(let failure): throw failure
        case .cancelled: throw CancellationError()
        case .died(let wasKilled): throw death(status, wasKilled: wasKilled)
        }
    }

    private func death(_ status: TerminationStatus, wasKilled: Bool) -> AppFailure {
        var message =
            if wasKilled {
                "the app closed its output before it returned a result"
            } else {
                switch status {
                case .exited(let code): "the app ended with exit code \(code) before it returned a result"
                case .signaled(let signal): "the app ended with signal \(signal) before it returned a result"
                }
            }
        let tail = log.tail
        if !tail.isEmpty { message += "; the end of its log: \(tail)" }
        return AppFailure(message: message, isRetryable: true)
    }

    private func converse(
        _ group: ProcessGroup, _ input: StandardInputWriter, _ output: SubprocessOutputSequence,
        _ error: SubprocessOutputSequence
    ) async -> TaskConversation.Outcome {
        // Six commands at most are ever sent.
        let (commands, outbox) = AsyncStream<WorkerCommand>.makeStream()
        let isOver = Flag()
        return await withTaskGroup(of: Void.self) { pipes in
            pipes.addTask {
                for await command in commands {
                    // A process that no longer reads is noticed by what it no longer says.
                    _ = try? await input.write(command.line)
                }
                try? await input.finish()
            }
            pipes.addTask {
                let reader = ReplyReader(job: job, limits: limits, log: log, gate: gate, inbox: inbox)
                await reader.read(output, isOver: isOver)
                inbox.yield(.closed)
            }
            pipes.addTask { await readLog(error, isOver: isOver) }
            let outcome = await follow(group, outbox)
            // Before the leader is waited for, so that its number is still its own.
            group.kill()
            isOver.raise()
            outbox.finish()
            await pipes.waitForAll()
            return outcome
        }
    }

    /// Does what the conversation says, until it is over.
    private func follow(
        _ group: ProcessGroup, _ outbox: AsyncStream<WorkerCommand>.Continuation
    ) async -> TaskConversation.Outcome {
        var conversation = TaskConversation(
            job: job, input: input, workFolder: folder.path, outputFolder: folder.outputPath, limits: limits)
        await withDiscardingTaskGroup { waits in
            var isOver = false
            func perform(_ actions: [TaskConversation.Action]) {
                for action in actions {
                    switch action {
                    case .send(let command): outbox.yield(command)
                    case .closeInput: outbox.finish()
                    case .arm(let timer, let time):
                        waits.addTask {
                            if (try? await Task.sleep(for: time)) != nil { inbox.yield(.expired(timer)) }
                        }
                    case .awaitExit:
                        waits.addTask { if await group.waitForExit(upTo: limits.exitTime) { inbox.yield(.exited) } }
                    case .stop: isOver = true
                    }
                }
            }
            perform(conversation.begin())
            for await signal in signals {
                perform(conversation.handle(signal))
                if isOver { break }
            }
            waits.cancelAll()
        }
        return conversation.outcome
    }

    private func readLog(_ error: SubprocessOutputSequence, isOver: Flag) async {
        var cutter = LogLineCutter(maximumLength: limits.maximumLogLine)
        var late = 0
        do {
            for try await chunk in error {
                let lines = cutter.lines(in: chunk.withUnsafeBytes { Array($0) })
                if let text = log.admit(lines) { await gate.deliver(.log(text)) }
                if isOver.isRaised { late += chunk.count }
                if late > ReplyReader.maximumLateBytes { break }
            }
        } catch {
            // The pipe is gone; the log ends here.
        }
        if let rest = cutter.finish(), let text = log.admit([rest]) { await gate.deliver(.log(text)) }
    }
}
