// SPDX-License-Identifier: Apache-2.0

internal import FerryWire
internal import Logging

extension TaskExecution {
    /// How often a running task is looked at, and its log written, when nothing tells of a change. 250 ms.
    private static let watchInterval = Duration.milliseconds(250)

    /// Runs the body while the lease is kept and the log written; a cancelled or lost task stops it.
    func withWatch<Result: Sendable>(
        over work: Work, _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await watch(work)
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

    private func watch(_ work: Work) async throws {
        let task = work.task
        // The claim has just given a whole lease.
        var renewAt = clock.now().advanced(bySeconds: limits.taskLease / 3)
        for await signal in bus.signals(of: .task(task.id), every: Self.watchInterval) {
            if try await store.glance(id: task.id)?.status == .cancelling { throw Stop.cancelled }
            // On time's signal only: each write wakes this watch and every other.
            if signal == .tick { await flush(work) }
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

    /// Writes down what the app said. A log that cannot be written is no reason to lose the task's result.
    private func flush(_ work: Work) async {
        let texts = work.log.take()
        guard !texts.isEmpty else { return }
        // A task of its own: what was taken must be kept though this one may be cancelled in between.
        await Task {
            do {
                for (kind, text) in texts {
                    try await store.appendLog(
                        id: work.task.id, kind: kind, text: text, maximumBytes: limits.maximumLogSize, at: clock.now())
                }
            } catch {
                work.logger.error("a part of the task's log could not be written", metadata: ["error": "\(error)"])
            }
        }.value
        bus.publish(.task(work.task.id))
    }

    /// Records how the work ended. A task that was asked to stop in the meantime is cancelled, however it ended.
    func end(_ work: Work, _ status: TaskStatus, _ change: TaskChange) async {
        let task = work.task
        // A task of its own: it must be done though this one may have been cancelled.
        await Task {
            do {
                await flush(work)
                if try await record(task, status, change) { return }
                // Nobody will ever see the results: they go, or they would be files of no task.
                if let output = change.output { await staging.discard(output, of: task) }
                if status != .cancelled, try await record(task, .cancelled, TaskChange(error: "cancelled")) { return }
                work.logger.warning("the task's end was not recorded: another process has it")
            } catch {
                work.logger.error("the task's end could not be recorded", metadata: ["error": "\(error)"])
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
