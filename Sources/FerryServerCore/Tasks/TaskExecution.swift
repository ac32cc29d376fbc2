// SPDX-License-Identifier: Apache-2.0

internal import FerryWire
package import Logging
internal import Synchronization

/// Runs one task: gives the app its files, runs it, and takes its results.
package struct TaskExecution: Sendable {
    /// Name of this process among those that share a queue.
    package let owner: String
    let runner: any AppRunner
    let store: any TaskStore
    let queue: any TaskQueue
    let chats: any ChatStore
    let bus: any EventBus
    let staging: TaskFileStaging
    let partials: PartialOutputs
    let answers: LiveAnswers
    let limits: ServerLimits
    let clock: ServerClock
    let logger: Logger

    package init(
        owner: String, runner: any AppRunner, store: any TaskStore, queue: any TaskQueue, chats: any ChatStore,
        bus: any EventBus, staging: TaskFileStaging, partials: PartialOutputs, answers: LiveAnswers,
        limits: ServerLimits, clock: ServerClock, logger: Logger
    ) {
        self.owner = owner
        self.runner = runner
        self.store = store
        self.queue = queue
        self.chats = chats
        self.bus = bus
        self.staging = staging
        self.partials = partials
        self.answers = answers
        self.limits = limits
        self.clock = clock
        self.logger = logger
    }

    /// Why a task stopped before its end.
    enum Stop: Error {
        /// The caller asked for it.
        case cancelled
        /// Another process has the task now.
        case lost
    }

    /// Runs a claimed task to its end, whatever that is. When the surrounding Swift task is cancelled, the task goes
    /// back to the queue, and none of its attempts is spent.
    package func run(_ task: TaskRecord) async {
        let work = Work(task: task, log: TaskLogBuffer(maximumBytes: limits.maximumLogSize), logger: logger)
        answers.begin(task.id)
        defer {
            partials.remove(task.id)
            // Whether or not a chat waits for it: who listens to one may not have heard all.
            if task.chatID == nil { answers.remove(task.id) } else { answers.end(task.id) }
        }
        do {
            let output = try await withWatch(over: work) { try await perform(work) }
            await end(work, .completed, TaskChange(output: output))
        } catch {
            // Whoever stopped it, nobody will see what was collected.
            await discardCollected(of: work)
            switch error {
            case Stop.lost: work.logger.warning("the task's lease was lost; another process has it")
            case Stop.cancelled: await end(work, .cancelled, TaskChange(error: "cancelled"))
            case _ where Task.isCancelled: await end(work, .queued, TaskChange())
            default: await end(work, .failed, TaskChange(error: message(of: error, work.logger)))
            }
        }
    }

    private func discardCollected(of work: Work) async {
        guard let output = work.collected else { return }
        // A task of its own: it must be done though this one may have been cancelled.
        await Task { await staging.discard(output, of: work.task) }.value
    }

    private func message(of error: any Error, _ logger: Logger) -> String {
        switch error {
        case let failure as AppFailure: return cut(failure.message)
        case let failure as ServerError where failure.code != .internalError: return cut(failure.message)
        default:
            let cause = (error as? ServerError)?.cause.map { "\($0)" } ?? "none"
            logger.error("the task failed on the server's side", metadata: ["error": "\(error)", "cause": "\(cause)"])
            return "the server could not run the task; its log says why"
        }
    }

    /// The text, on a scalar's end within the limit.
    private func cut(_ text: String) -> String {
        guard text.utf8.count > limits.maximumErrorLength else { return text }
        var bytes = Array(text.utf8.prefix(limits.maximumErrorLength))
        while let last = bytes.last, last & 0xC0 == 0x80 { bytes.removeLast() }
        if let last = bytes.last, last >= 0xC0 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self) + "…"
    }

    private func perform(_ work: Work) async throws -> JSONValue {
        let task = work.task
        try await checkIsWanted(task)
        let function = try await staging.function(of: task)
        if TaskFileStaging.hasFiles(task, function) { try await enter(.preparing, task) }
        for tries in 1... {
            do {
                return try await perform(work, function, isAgain: tries > 1)
            } catch let failure as AppFailure where !failure.wasBegun && tries < limits.maximumWorkerTries {
                // The worker was dead before it could see the task: another one gets it, with files of its own.
                work.logger.notice("a worker died before the task began; taking another")
            }
        }
        throw CancellationError()
    }

    /// A server that died between the end of a chat's work and that of its task left a task that nobody waits for.
    private func checkIsWanted(_ task: TaskRecord) async throws {
        guard let id = task.chatID, try await chats.chat(id: id)?.run?.taskID != task.id else { return }
        try await enter(.cancelling, task)
        throw Stop.cancelled
    }

    private func perform(_ work: Work, _ function: AppFunctionDTO, isAgain: Bool) async throws -> JSONValue {
        let task = work.task
        let events: @Sendable (AppEvent) async -> Void = { event in await take(event, of: work, function) }
        let job = AppJob(
            taskID: task.id, app: task.app, versionID: task.appVersionID, function: task.function, setup: task.setup,
            teamID: task.teamID, userID: task.userID, session: task.session?.id, isChat: task.chatID != nil)
        let lease = try await runner.lease(for: job, events: events)
        do {
            let input = try await staging.place(task, function, in: lease.workspace) { note in
                work.log.append("\(note)\n", kind: .run)
            }
            if !isAgain { try await enter(.running, task) }
            let raw = try await lease.run(input: input, events: events)
            if TaskFileStaging.hasFiles(raw, function) { try await enter(.uploading, task) }
            let output = try await staging.collect(raw, of: task, function, from: lease.workspace)
            work.collected = output
            await lease.release()
            return output
        } catch {
            await lease.release()
            throw error
        }
    }

    /// What an app tells while it works. Texts wait for the watch, which writes them down a few times a second.
    private func take(_ event: AppEvent, of work: Work, _ function: AppFunctionDTO) async {
        switch event {
        case .log(let text, let kind): work.log.append(text, kind: kind)
        case .progress(let fraction, let message): work.log.append(Self.line(fraction, message), kind: .run)
        case .partial(let output):
            if let chat = work.task.chatID {
                answers.replace(output, of: work.task.id)
                bus.publish(.answer(chat))
                return
            }
            guard let shown = await staging.partial(output, of: work.task, function) else { return }
            partials.set(shown, of: work.task.id)
            bus.publish(.task(work.task.id))
        case .delta(let delta):
            answers.append(delta, of: work.task.id)
            if let chat = work.task.chatID {
                bus.publish(.answer(chat))
            } else if let said = answers.answer(of: work.task.id) {
                partials.set(said.output, of: work.task.id)
                bus.publish(.task(work.task.id))
            }
        case .settingUp:
            // A task that is being cancelled or was lost is noticed by its watch.
            try? await enter(.settingUp, work.task)
        }
    }

    private static func line(_ fraction: Double?, _ message: String?) -> String {
        let percent = fraction.map { "\(Int(($0 * 100).rounded()))%" }
        return [percent, message].compactMap { $0 }.joined(separator: " ") + "\n"
    }

    private func enter(_ status: TaskStatus, _ task: TaskRecord) async throws {
        let changed = try await store.transition(
            id: task.id, to: status, from: TaskStateMachine.sources(of: status), owner: owner, change: TaskChange(),
            at: clock.now())
        guard changed != nil else {
            let present = try await store.task(id: task.id)
            throw present?.status == .cancelling ? Stop.cancelled : Stop.lost
        }
        bus.publish(.task(task.id))
    }
}

extension TaskExecution {
    /// A task under way, and what belongs to it in this process.
    final class Work: Sendable {
        let task: TaskRecord
        let log: TaskLogBuffer
        let logger: Logger
        private let output = Mutex<JSONValue?>(nil)

        init(task: TaskRecord, log: TaskLogBuffer, logger: Logger) {
            self.task = task
            self.log = log
            var logger = logger
            logger[metadataKey: "task"] = "\(task.id)"
            self.logger = logger
        }

        /// The output once its files are stored.
        var collected: JSONValue? {
            get { output.withLock { $0 } }
            set { output.withLock { $0 = newValue } }
        }
    }
}
