// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Work that several callers wait for. It is not cancelled with one of them, but each may stop waiting.
final class SharedWork<Value: Sendable>: Sendable {
    private struct State {
        var result: Result<Value, any Error>?
        var waiters: [UInt64: CheckedContinuation<Value, any Error>] = [:]
        var cancelled: Set<UInt64> = []
        var next: UInt64 = 0
    }

    private let state = Mutex(State())
    private let running = Mutex<Task<Void, Never>?>(nil)

    /// Begins the work, which must end by itself in bounded time.
    init(_ work: @escaping @Sendable () async throws -> Value) {
        // A task of its own, because it outlives whoever asked first.
        let task = Task {
            let result: Result<Value, any Error>
            do {
                result = .success(try await work())
            } catch {
                result = .failure(error)
            }
            let waiters = state.withLock { state in
                state.result = result
                defer { state.waiters = [:] }
                return state.waiters
            }
            for waiter in waiters.values { waiter.resume(with: result) }
        }
        running.withLock { $0 = task }
    }

    /// Cancels the work for all who wait, and returns when it has ended.
    func end() async {
        let task = running.withLock { $0 }
        task?.cancel()
        await task?.value
    }

    /// What came of it; nil while it goes on.
    var result: Result<Value, any Error>? { state.withLock { $0.result } }

    /// Waits for it.
    ///
    /// - Throws: what the work threw; `CancellationError`.
    func value() async throws -> Value {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let known: Result<Value, any Error>? = state.withLock { state in
                    if let result = state.result { return result }
                    if state.cancelled.remove(number) != nil { return .failure(CancellationError()) }
                    state.waiters[number] = continuation
                    return nil
                }
                if let known { continuation.resume(with: known) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                let waiter = state.waiters.removeValue(forKey: number)
                if waiter == nil, state.result == nil { state.cancelled.insert(number) }
                return waiter
            }
            waiter?.resume(throwing: CancellationError())
        }
    }
}
