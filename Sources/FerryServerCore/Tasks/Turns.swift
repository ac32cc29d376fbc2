// SPDX-License-Identifier: Apache-2.0

/// Lets so many at a time do something, in the order they came.
package actor Turns {
    private var free: Int
    private var waiting: [(number: Int, continuation: CheckedContinuation<Void, any Error>)] = []
    private var last = 0

    /// So many at a time, at least one.
    package init(_ count: Int) { free = max(1, count) }

    /// Waits for a turn and takes it for as long as the body runs.
    ///
    /// - Throws: what the body throws; `CancellationError` while waiting.
    package nonisolated func run<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        try await take()
        do {
            let result = try await body()
            await giveBack()
            return result
        } catch {
            await giveBack()
            throw error
        }
    }

    private func take() async throws {
        try Task.checkCancellation()
        guard free == 0 else {
            free -= 1
            return
        }
        last += 1
        let number = last
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                waiting.append((number, continuation))
                if Task.isCancelled { withdraw(number) }
            }
        } onCancel: {
            // A task of its own, because a cancellation cannot wait for the actor.
            Task { await self.withdraw(number) }
        }
    }

    private func giveBack() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().continuation.resume() }
    }

    private func withdraw(_ number: Int) {
        guard let index = waiting.firstIndex(where: { $0.number == number }) else { return }
        waiting.remove(at: index).continuation.resume(throwing: CancellationError())
    }
}
