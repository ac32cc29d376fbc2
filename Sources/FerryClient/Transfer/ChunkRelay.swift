// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// Hands chunks from one task to another, so that both work at the same time, with a bounded number in between.
///
/// One sender, one receiver. Either side may end it; the other then learns of it at its next call.
final class ChunkRelay: Sendable {
    private enum Ending {
        case finished
        case failed(any Error)
        case closed
    }

    private struct State {
        var queue: [ByteBuffer] = []
        var ending: Ending?
        var waitingChunk: ByteBuffer?
        var sender: CheckedContinuation<Bool, Never>?
        var receiver: CheckedContinuation<ByteBuffer?, any Error>?
    }

    private let capacity: Int
    private let state = Mutex(State())

    /// A relay that holds up to that many chunks.
    init(capacity: Int) { self.capacity = capacity }

    /// Gives a chunk; waits while the relay is full.
    ///
    /// - Throws: `CancellationError` if cancelled or if the receiver wants no more.
    func send(_ chunk: ByteBuffer) async throws {
        let isAccepted = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
                let (receiver, outcome) = state.withLock { state in offer(chunk, from: continuation, &state) }
                receiver?.resume(returning: chunk)
                if let outcome { continuation.resume(returning: outcome) }
            }
        } onCancel: {
            close()
        }
        guard isAccepted else { throw CancellationError() }
    }

    private func offer(
        _ chunk: ByteBuffer, from sender: CheckedContinuation<Bool, Never>, _ state: inout State
    ) -> (CheckedContinuation<ByteBuffer?, any Error>?, Bool?) {
        guard state.ending == nil else { return (nil, false) }
        if let receiver = state.receiver {
            state.receiver = nil
            return (receiver, true)
        }
        if state.queue.count < capacity {
            state.queue.append(chunk)
            return (nil, true)
        }
        state.waitingChunk = chunk
        state.sender = sender
        return (nil, nil)
    }

    /// There are no more chunks; with an error, because the sender failed.
    func finish(throwing error: (any Error)? = nil) {
        let receiver = state.withLock { state -> CheckedContinuation<ByteBuffer?, any Error>? in
            guard state.ending == nil else { return nil }
            state.ending = error.map(Ending.failed) ?? .finished
            defer { state.receiver = nil }
            return state.receiver
        }
        if let error { receiver?.resume(throwing: error) } else { receiver?.resume(returning: nil) }
    }

    /// The receiver wants no more, or everything is cancelled: chunks held are dropped and nobody waits any longer.
    func close() {
        let (sender, receiver) = state.withLock { state in
            if case .failed = state.ending {} else { state.ending = .closed }
            state.queue = []
            state.waitingChunk = nil
            defer {
                state.sender = nil
                state.receiver = nil
            }
            return (state.sender, state.receiver)
        }
        sender?.resume(returning: false)
        receiver?.resume(throwing: CancellationError())
    }

    /// The next chunk; nil after the last one.
    ///
    /// - Throws: the sender's error once the chunks before it are taken, or `CancellationError`.
    func next() async throws -> ByteBuffer? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<ByteBuffer?, any Error>) in
                let (sender, outcome) = state.withLock { state in take(for: continuation, &state) }
                sender?.resume(returning: true)
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            close()
        }
    }

    private func take(
        for receiver: CheckedContinuation<ByteBuffer?, any Error>, _ state: inout State
    ) -> (CheckedContinuation<Bool, Never>?, Result<ByteBuffer?, any Error>?) {
        if !state.queue.isEmpty {
            let chunk = state.queue.removeFirst()
            guard let waiting = state.waitingChunk else { return (nil, .success(chunk)) }
            state.queue.append(waiting)
            state.waitingChunk = nil
            defer { state.sender = nil }
            return (state.sender, .success(chunk))
        }
        switch state.ending {
        case .finished: return (nil, .success(nil))
        case .failed(let error): return (nil, .failure(error))
        case .closed: return (nil, .failure(CancellationError()))
        case nil:
            state.receiver = receiver
            return (nil, nil)
        }
    }
}
