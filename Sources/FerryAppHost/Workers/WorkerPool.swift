// SPDX-License-Identifier: Apache-2.0

import FerryServerCore

/// Keeps workers warm between tasks, and ends them when they were idle for long or others need their room.
actor WorkerPool {
    typealias Slot = PoolLedger.Slot

    /// What a waiter gets.
    private enum Grant: Sendable {
        case use(Slot, Worker)
        case start(Slot)
    }

    private let limits: AppHostLimits
    private var ledger: PoolLedger
    private var workers: [Slot: Worker] = [:]
    private var waiting: [PoolLedger.Waiter: CheckedContinuation<Grant, any Error>] = [:]
    private var idleTimers: [Slot: Task<Void, Never>] = [:]
    private var lastWaiter = 0
    private var isClosed = false

    init(limits: AppHostLimits) {
        self.limits = limits
        ledger = PoolLedger(
            capacity: limits.maximumWorkers, chatCapacity: limits.maximumChatWorkers,
            idleChats: limits.maximumIdleChatWorkers)
    }

    /// A worker that is set up for those tasks, from now on the caller's.
    ///
    /// - Parameters:
    ///   - concurrency: most workers of the version at once.
    ///   - lane: what kind of task it is for.
    ///   - make: makes one, not started yet.
    /// - Throws: ``AppFailure``, ``ServerError``, `CancellationError`.
    func take(
        _ key: WorkerKey, concurrency: WorkerConcurrency, lane: PoolLedger.Lane,
        events: @escaping @Sendable (AppEvent) async -> Void,
        make: @Sendable () async throws -> Worker
    ) async throws -> (slot: Slot, worker: Worker) {
        let slot: Slot
        grants: while true {
            switch try await grant(key, concurrency, lane) {
            case .use(let slot, let worker):
                if worker.isIdle { return (slot, worker) }
                // It died while it had no task; its place is free once that is known here too.
                await worker.stop()
                await worker.letGo()
            case .start(let place):
                slot = place
                break grants
            }
        }
        let worker: Worker
        do {
            worker = try await make()
        } catch {
            lose(slot)
            throw error
        }
        workers[slot] = worker
        if isClosed {
            lose(slot)
            await worker.discard()
            throw Self.closing
        }
        do {
            try await worker.start(events: events) { [weak self] in await self?.lose(slot) }
        } catch {
            await worker.letGo()
            throw error
        }
        return (slot, worker)
    }

    /// Takes a worker back after its task: keeps it if it can be used again, else ends it.
    func giveBack(_ slot: Slot, _ worker: Worker) async {
        // Only a worker whose task ended in good order is without one, and only what a task left can be tidied away.
        // It may have died meanwhile.
        guard worker.isIdle, await worker.folder.tidy(), worker.isIdle, !isClosed else {
            await worker.stop()
            await worker.letGo()
            return
        }
        await worker.letGo()
        let (idleness, decisions) = ledger.giveBack(slot)
        if let idleness {
            let time = limits.idleTime
            // A task of its own, because nobody waits for this.
            idleTimers[slot] = Task { [weak self] in
                if (try? await Task.sleep(for: time)) != nil { await self?.expire(slot, idleness) }
            }
        }
        act(on: decisions)
    }

    /// Ends all workers; who waits for one gets a failure, and nobody gets one any more.
    func close() async {
        isClosed = true
        for continuation in waiting.values { continuation.resume(throwing: Self.closing) }
        waiting = [:]
        await withDiscardingTaskGroup { stops in
            for worker in workers.values { stops.addTask { await worker.stop() } }
        }
    }

    static let closing = AppFailure(message: "the server is shutting down", isRetryable: true)

    private func grant(
        _ key: WorkerKey, _ concurrency: WorkerConcurrency, _ lane: PoolLedger.Lane
    ) async throws -> Grant {
        try Task.checkCancellation()
        guard !isClosed else { throw Self.closing }
        lastWaiter += 1
        let waiter = lastWaiter
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                // A cancellation that came before this runs again below, behind it.
                waiting[waiter] = continuation
                act(on: ledger.request(waiter, key, concurrency: concurrency, lane: lane))
                if Task.isCancelled { withdraw(waiter) }
            }
        } onCancel: {
            // A task of its own, because a cancellation cannot wait for the actor.
            Task { await self.withdraw(waiter) }
        }
    }

    private func withdraw(_ waiter: PoolLedger.Waiter) {
        let (wasWaiting, decisions) = ledger.withdraw(waiter)
        if wasWaiting { waiting.removeValue(forKey: waiter)?.resume(throwing: CancellationError()) }
        act(on: decisions)
    }

    private func lose(_ slot: Slot) {
        workers[slot] = nil
        idleTimers.removeValue(forKey: slot)?.cancel()
        act(on: ledger.lose(slot))
    }

    private func expire(_ slot: Slot, _ idleness: Int) { act(on: ledger.expire(slot, idleness: idleness)) }

    private func act(on decisions: [PoolLedger.Decision]) {
        for decision in decisions {
            switch decision {
            case .use(let slot, let waiter):
                idleTimers.removeValue(forKey: slot)?.cancel()
                guard let worker = workers[slot], let continuation = waiting.removeValue(forKey: waiter) else {
                    continue
                }
                worker.hold()
                continuation.resume(returning: .use(slot, worker))
            case .start(let slot, let waiter):
                waiting.removeValue(forKey: waiter)?.resume(returning: .start(slot))
            case .end(let slot):
                idleTimers.removeValue(forKey: slot)?.cancel()
                guard let worker = workers[slot] else { continue }
                // A task of its own, because nobody needs to wait for the end; `lose` follows it.
                Task { await worker.stop() }
            }
        }
    }
}
