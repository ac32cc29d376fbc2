// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import Synchronization

/// Hands events on one at a time, in the order they came, while two pipes are read at once.
final class EventGate: Sendable {
    private struct State {
        var isBusy = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let handler: @Sendable (AppEvent) async -> Void

    init(handler: @escaping @Sendable (AppEvent) async -> Void) { self.handler = handler }

    /// Returns when the event was taken. The wait is as long as that of the handler, which ends its own.
    func deliver(_ event: AppEvent) async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.isBusy else {
                    state.isBusy = true
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
        await handler(event)
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.waiting.isEmpty else {
                state.isBusy = false
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
