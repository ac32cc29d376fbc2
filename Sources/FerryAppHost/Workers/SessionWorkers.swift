// SPDX-License-Identifier: Apache-2.0

import FerryServerCore

/// Workers that sessions keep for themselves, one each. Its tasks run one after the other, in the order they came; what
/// they leave in their working folder and in `/tmp` stays until the session ends.
actor SessionWorkers {
    private struct Seat {
        let key: WorkerKey
        /// Nil while it starts, and once it is gone.
        var worker: Worker?
        var isBusy = true
        var isLost = false
        var queue: [(waiter: Int, continuation: CheckedContinuation<Void, any Error>)] = []
    }

    private let limits: AppHostLimits
    private var seats: [String: Seat] = [:]
    private var lastWaiter = 0
    private var isClosed = false

    init(limits: AppHostLimits) { self.limits = limits }

    /// The session's worker, from now on the caller's; made for its first task.
    ///
    /// - Throws: ``AppFailure``, whose message begins with `WORKER_LOST:` if there was one and it is gone;
    ///   ``ServerError``, `CancellationError`.
    func take(
        _ id: String, _ key: WorkerKey, events: @escaping @Sendable (AppEvent) async -> Void,
        make: @Sendable () async throws -> Worker
    ) async throws -> Worker {
        try Task.checkCancellation()
        guard !isClosed else { throw WorkerPool.closing }
        guard let seat = seats[id] else { return try await start(id, key, events: events, make: make) }
        guard seat.key == key else {
            throw AppFailure(
                message: "the session belongs to another app, version, setup or team; start a new one for this task")
        }
        if seat.isBusy { try await wait(id) } else { seats[id]?.isBusy = true }
        guard let worker = seats[id]?.worker, seats[id]?.isLost == false, worker.isIdle else {
            pass(id)
            throw Self.lost
        }
        worker.hold()
        return worker
    }

    /// Takes the worker back after a task.
    func giveBack(_ id: String, _ worker: Worker) async {
        guard worker.isIdle, seats[id]?.worker === worker, !isClosed else {
            if seats[id]?.worker === worker { lose(id, worker) }
            await worker.stop()
            await worker.letGo()
            pass(id)
            return
        }
        await worker.letGo()
        pass(id)
    }

    /// Ends a session: its worker ends once it has no task. Harmless if there is none.
    func end(_ id: String) async {
        guard let seat = seats.removeValue(forKey: id) else { return }
        for (_, continuation) in seat.queue { continuation.resume(throwing: Self.over) }
        if !seat.isBusy { await seat.worker?.stop() }
    }

    /// Ends all workers, and nobody gets one any more.
    func close() async {
        isClosed = true
        let all = seats.values
        seats = [:]
        for seat in all {
            for (_, continuation) in seat.queue { continuation.resume(throwing: WorkerPool.closing) }
        }
        await withDiscardingTaskGroup { stops in
            for seat in all { if let worker = seat.worker { stops.addTask { await worker.stop() } } }
        }
    }

    static let lost = AppFailure(
        message: "WORKER_LOST: the worker that the session kept is gone, and what it held with it; start a new session")
    private static let over = AppFailure(message: "the session has ended")

    private func start(
        _ id: String, _ key: WorkerKey, events: @escaping @Sendable (AppEvent) async -> Void,
        make: @Sendable () async throws -> Worker
    ) async throws -> Worker {
        guard seats.values.count(where: { !$0.isLost }) < limits.maximumSessions else {
            throw AppFailure(
                message: "\(limits.maximumSessions) sessions hold a worker already; end one or wait for one to expire",
                isRetryable: true)
        }
        seats[id] = Seat(key: key)
        do {
            let worker = try await make()
            do {
                try await worker.start(events: events) { [weak self] in await self?.lose(id, worker) }
            } catch {
                await worker.letGo()
                throw error
            }
            guard seats[id] != nil else {
                await worker.stop()
                await worker.letGo()
                throw Self.over
            }
            seats[id]?.worker = worker
            return worker
        } catch {
            // What never started can be tried again.
            let queue = seats.removeValue(forKey: id)?.queue ?? []
            for (_, continuation) in queue { continuation.resume(throwing: Self.lost) }
            throw error
        }
    }

    private func lose(_ id: String, _ worker: Worker) {
        guard seats[id]?.worker === worker else { return }
        seats[id]?.worker = nil
        seats[id]?.isLost = true
    }

    /// Lets the next task of the session have its worker.
    private func pass(_ id: String) {
        guard let seat = seats[id] else { return }
        if seat.queue.isEmpty {
            seats[id]?.isBusy = false
        } else {
            seats[id]?.queue.removeFirst().continuation.resume()
        }
    }

    private func wait(_ id: String) async throws {
        lastWaiter += 1
        let waiter = lastWaiter
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                seats[id]?.queue.append((waiter, continuation))
                if Task.isCancelled { withdraw(id, waiter) }
            }
        } onCancel: {
            // A task of its own, because a cancellation cannot wait for the actor.
            Task { await self.withdraw(id, waiter) }
        }
    }

    private func withdraw(_ id: String, _ waiter: Int) {
        guard let index = seats[id]?.queue.firstIndex(where: { $0.waiter == waiter }) else { return }
        seats[id]?.queue.remove(at: index).continuation.resume(throwing: CancellationError())
    }
}
