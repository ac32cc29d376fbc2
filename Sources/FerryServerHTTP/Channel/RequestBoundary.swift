// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// What the connection knows of the request under way: a body stream that ended says nothing of why.
///
/// A connection has one request under way at a time: what comes behind it waits until it is answered.
final class RequestBoundary: Sendable {
    private struct State {
        var hasEnded = false
        var hasClientLeft = false
        var nextWaiter: UInt64 = 0
        var waiters: [UInt64: AsyncStream<Void>.Continuation] = [:]
    }

    private let state = Mutex(State())

    /// Whether the end of the request under way has come, rather than the connection's.
    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    /// A request's head came.
    func requestBegan() { state.withLock { $0.hasEnded = false } }

    /// The end of the request under way came.
    func requestEnded() { state.withLock { $0.hasEnded = true } }

    /// The client will send nothing more on this connection.
    func clientLeft() {
        let waiters = state.withLock { state in
            state.hasClientLeft = true
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.finish() }
    }

    /// Returns when the client has left, or the surrounding task is cancelled.
    func departure() async {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        let id = state.withLock { state -> UInt64? in
            guard !state.hasClientLeft else { return nil }
            state.nextWaiter += 1
            state.waiters[state.nextWaiter] = continuation
            return state.nextWaiter
        }
        guard let id else { return }
        for await _ in stream {}
        state.withLock { _ = $0.waiters.removeValue(forKey: id) }
    }
}
