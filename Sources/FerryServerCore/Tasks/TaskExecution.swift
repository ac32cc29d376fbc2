// SPDX-License-Identifier: Apache-2.0

internal import FerryWire
package import Logging

/// Runs one task: gives the app its files, runs it, and takes its results.
package struct TaskExecution: Sendable {
    /// Name of this process among those that share a queue.
    package let owner: String
    let runner: any AppRunner
    let store: any TaskStore
    let queue: any TaskQueue
    let bus: any EventBus
    let staging: TaskFileStaging
    let partials: PartialOutputs
    let limits: ServerLimits
    let clock: ServerClock
    let logger: Logger

    package init(
        owner: String, runner: any AppRunner, store: any TaskStore, queue: any TaskQueue, bus: any EventBus,
        staging: TaskFileStaging, partials: PartialOutputs, limits: ServerLimits, clock: ServerClock, logger: Logger
    ) {
        self.owner = owner
        self.runner = runner
        self.store = store
        self.queue = queue
        self.bus = bus
        self.staging = staging
        self.partials = partials
        self.limits = limits
        self.clock = clock
        self.logger = logger
    }

    /// Why a task stopped before its end.
    private enum Stop: Error {
        /// The caller asked for it.
        case cancelled
        /// Another process has the task now.
        case lost
    }

    /// Runs a claimed task to its end, whatever that is. When the surrounding Swift task is cancelled, the task goes
    /// back to the queue, and none of its attempts is spent.
    package func run(_ task: TaskRecord) async {
        let log = TaskLogBuffer(maximumBytes: limits.maximumLogSize)
        defer { partials.remove(task.id) }
        var logger = logger
        logger[metadataKey: "task"] = "\(task.id)"
        do {
            let output = try await withWatch(over: task, log: log) { try await perform(task, log: log) }
            await end(task, .completed, TaskChange(output: output), log: log, logger)
        } catch Stop.lost {
            logger.warning("the task's lease was lost; another process has it")
        } catch Stop.cancelled {
            await end(task, .cancelled, TaskChange(error: "cancelled"), log: log, logger)
        } catch {
            if Task.isCancelled {
                await end(task, .queued, TaskChange(), log: log, logger)
            } else {
                await end(task, .failed, TaskChange(error: message(of: error, logger)), log: log, logger)
            }
        }
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

    private func perform(_ task: TaskRecord, log: TaskLogBuffer) async throws -> JSONValue {
        try await enter(.preparing, task)
        let function = try await staging.function(of: task)
        let events: @Sendable (AppEvent) async -> Void = { event in
            await take(event, of: task, function, log: log)
        }
        let job = AppJob(
            taskID: task.id, app: task.app, versionID: task.appVersionID, function: task.function, setup: task.setup,
            teamID: task.teamID, userID: task.userID, session: task.session?.id)
        let lease = try await runner.lease(for: job, events: events)
        do {
            let input = try await staging.place(task, function, in: lease.workspace)
            try await enter(.running, task)
            let raw = try await lease.run(input: input, events: events)
            try await enter(.uploading, task)
            let output = try await staging.collect(raw, of: task, function, from: lease.workspace)
            await lease.release()
            return output
        } catch {
            await lease.release()
            throw error
        }
    }

    private func take(
        _ event: AppEvent, of task: TaskRecord, _ function: AppFunctionDTO, log: TaskLogBuffer
    ) async {
        switch event {
        case .log(let text, let kind): log.append(text, kind: kind)
        case .progress(let fraction, let message): log.append(Self.line(fraction, message), kind: .run)
        case .partial(let output):
            guard let shown = await staging.partial(output, of: task, function) else { return }
            partials.set(shown, of: task.id)
        case .settingUp:
            // A task that is being cancelled or was lost is noticed by its watch.
            try? await enter(.settingUp, task)
        }
        bus.publish(.task(task.id))
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

    /// Runs the body while the lease is kept and the log written; a cancelled or lost task stops it.
    private func withWatch<Result: Sendable>(
        over task: TaskRecord, log: TaskLogBuffer, _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await watch(task, log: log)
                return nil
            }
            defer { group.cancelAll() }
            // The watch ends only by throwing, so the first value is the body's.
            while let outcome = try await group.next() {
                if let outcome { return outcome }
            }
            throw CancellationError()
        }
    }

    private func watch(_ task: TaskRecord, log: TaskLogBuffer) async throws {
        // The claim has just given a whole lease.
        var renewAt = clock.now().advanced(bySeconds: limits.taskLease / 3)
        for await _ in bus.signals(of: .task(task.id), every: .milliseconds(250)) {
            if try await store.glance(id: task.id)?.status == .cancelling { throw Stop.cancelled }
            try await flush(log, of: task)
            guard clock.now() >= renewAt else { continue }
            let until = clock.now().advanced(bySeconds: limits.taskLease)
            switch try await queue.renew(id: task.id, owner: owner, leaseUntil: until) {
            case nil: throw Stop.lost
            case .cancelling: throw Stop.cancelled
            default: renewAt = clock.now().advanced(bySeconds: limits.taskLease / 3)
            }
        }
        throw CancellationError()
    }

    private func flush(_ log: TaskLogBuffer, of task: TaskRecord) async throws {
        let texts = log.take()
        guard !texts.isEmpty else { return }
        // A task of its own: what was taken must be kept though this one may be cancelled in between.
        try await Task {
            for (kind, text) in texts {
                try await store.appendLog(
                    id: task.id, kind: kind, text: text, maximumBytes: limits.maximumLogSize, at: clock.now())
            }
        }.value
        bus.publish(.task(task.id))
    }

    /// Records how the work ended. A task that was asked to stop in the meantime is cancelled, however it ended.
    private func end(
        _ task: TaskRecord, _ status: TaskStatus, _ change: TaskChange, log: TaskLogBuffer, _ logger: Logger
    ) async {
        // A task of its own: it must be done though this one may have been cancelled.
        await Task {
            do {
                try await flush(log, of: task)
                if try await record(task, status, change) { return }
                // Nobody will ever see the results: they go, or they would be files of no task.
                if let output = change.output { await staging.discard(output, of: task) }
                if status != .cancelled, try await record(task, .cancelled, TaskChange(error: "cancelled")) { return }
                logger.warning("the task's end was not recorded: another process has it")
            } catch {
                logger.error("the task's end could not be recorded", metadata: ["error": "\(error)"])
            }
        }.value
    }

    private func record(_ task: TaskRecord, _ status: TaskStatus, _ change: TaskChange) async throws -> Bool {
        let changed = try await store.transition(
            id: task.id, to: status, from: TaskStateMachine.sources(of: status), owner: owner, change: change,
            at: clock.now())
        guard let changed else { return false }
        bus.publish(.task(changed.id))
        if changed.status == .queued { bus.publish(.queue) }
        if changed.status.isTerminal, changed.webhook != nil { bus.publish(.webhooks) }
        return true
    }
}
