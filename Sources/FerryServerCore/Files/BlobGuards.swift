// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// One at a time for each blob key: a deletion never races the commit of equal bytes, which share one blob.
///
/// Waiting is cancellable. Within one process; stores that several processes share give each upload its own key.
package final class BlobGuards: Sendable {
    private struct Waiter {
        var id: UInt64
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var nextID: UInt64 = 0
        /// Keys in use, with those who wait for them.
        var queues: [String: [Waiter]] = [:]
        /// Waiters cancelled before they began to wait.
        var cancelled: Set<UInt64> = []
    }

    private let state = Mutex(State())

    package init() {}

    /// The key of a team's bytes.
    static func key(team: String, digest: BlobDigest) -> String { "\(team)/\(digest.sha256)" }

    /// Runs the body while nobody else runs one for that key.
    package func withExclusive<Result: Sendable>(
        _ key: String, _ body: () async throws -> Result
    ) async throws -> Result {
        try await acquire(key)
        defer { release(key) }
        return try await body()
    }

    private func acquire(_ key: String) async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let outcome: Result<Void, any Error>? = state.withLock { state in
                    if state.cancelled.remove(id) != nil { return .failure(CancellationError()) }
                    if state.queues[key] == nil {
                        state.queues[key] = []
                        return .success(())
                    }
                    state.queues[key, default: []].append(Waiter(id: id, continuation: continuation))
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let waiter: Waiter? = state.withLock { state in
                guard let index = state.queues[key]?.firstIndex(where: { $0.id == id }) else {
                    state.cancelled.insert(id)
                    return nil
                }
                return state.queues[key]?.remove(at: index)
            }
            waiter?.continuation.resume(throwing: CancellationError())
        }
        // A cancellation after the key was taken leaves a mark that nobody would remove.
        state.withLock { _ = $0.cancelled.remove(id) }
    }

    private func release(_ key: String) {
        let next: Waiter? = state.withLock { state in
            guard var queue = state.queues[key], !queue.isEmpty else {
                state.queues[key] = nil
                return nil
            }
            let first = queue.removeFirst()
            state.queues[key] = queue
            return first
        }
        next?.continuation.resume()
    }
}
