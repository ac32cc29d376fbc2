// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A value that comes once and that one task waits for.
final class Promise<Value: Sendable>: Sendable {
    private enum State {
        case empty
        case waiting(CheckedContinuation<Value, Never>)
        case filled(Value)
    }

    private let state = Mutex(State.empty)

    /// Gives the value. Later ones are dropped.
    func fill(_ value: Value) {
        let waiting = state.withLock { state -> CheckedContinuation<Value, Never>? in
            switch state {
            case .filled: return nil
            case .empty:
                state = .filled(value)
                return nil
            case .waiting(let continuation):
                state = .filled(value)
                return continuation
            }
        }
        waiting?.resume(returning: value)
    }

    /// Waits for the value; for one task only. Not cut short by a cancellation.
    func value() async -> Value {
        await withCheckedContinuation { continuation in
            let value = state.withLock { state -> Value? in
                if case .filled(let value) = state { return value }
                state = .waiting(continuation)
                return nil
            }
            if let value { continuation.resume(returning: value) }
        }
    }
}
