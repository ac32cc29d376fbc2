// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization
import Testing

@testable import FerryServerCore

/// A door that is shut until it is opened; those before it wait, unless they are cancelled.
final class Latch: Sendable {
    private struct State {
        var isOpen = false
        var waiters: [AsyncStream<Void>.Continuation] = []
    }

    private let state = Mutex(State())

    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.finish() }
    }

    func wait() async throws {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        let isOpen = state.withLock { state in
            if !state.isOpen { state.waiters.append(continuation) }
            return state.isOpen
        }
        if isOpen { return }
        for await _ in stream {}
        try Task.checkCancellation()
    }
}

/// Counts, and remembers the most there ever were at once.
final class Gauge: Sendable {
    private let state = Mutex((now: 0, most: 0, total: 0))

    func enter() {
        state.withLock { state in
            state.now += 1
            state.total += 1
            state.most = max(state.most, state.now)
        }
    }

    func leave() { state.withLock { $0.now -= 1 } }

    var now: Int { state.withLock { $0.now } }
    var most: Int { state.withLock { $0.most } }
    var total: Int { state.withLock { $0.total } }
}

/// Waits until a condition holds; a failure if it does not within ten seconds.
func eventually(
    _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(10)
    while try await !condition() {
        try #require(ContinuousClock.now < deadline, what, sourceLocation: sourceLocation)
        await Task.yield()
    }
}

/// The refusal that the body throws; a failure if it throws none.
func refusal(
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async throws -> ServerError {
    do {
        try await body()
    } catch let error as ServerError {
        return error
    }
    try #require(Bool(false), "nothing was refused", sourceLocation: sourceLocation)
    throw CancellationError()
}

/// A body whose chunks come when the test sends them.
struct ControlledBody {
    let stream: AsyncThrowingStream<ByteBuffer, any Error>
    private let continuation: AsyncThrowingStream<ByteBuffer, any Error>.Continuation

    init() { (stream, continuation) = AsyncThrowingStream.makeStream(of: ByteBuffer.self) }

    func send(_ text: String) { continuation.yield(ByteBuffer(string: text)) }
    func end() { continuation.finish() }
    func fail(_ error: any Error) { continuation.finish(throwing: error) }
}
