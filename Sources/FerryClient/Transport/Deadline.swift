// SPDX-License-Identifier: Apache-2.0

/// Runs the operation for at most that long, then cancels it.
///
/// - Throws: what `expired` makes when the time is over, and what the operation throws.
func withDeadline<Success: Sendable>(
    _ limit: Duration?, expired: @autoclosure @escaping @Sendable () -> FerryError,
    _ operation: @escaping @Sendable () async throws -> Success
) async throws -> Success {
    guard let limit else { return try await operation() }
    return try await withThrowingTaskGroup(of: Success.self) { group in
        group.addTask { try await operation() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw expired()
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw CancellationError() }
        return first
    }
}

/// Does work that tidies up, for at most that long, ignoring its failures.
///
/// The task is unstructured on purpose: tidying up must happen although the caller's task has been cancelled. It is
/// awaited right here, so that nothing outlives the call.
func bestEffort(within limit: Duration, _ operation: @escaping @Sendable () async throws -> Void) async {
    let task = Task {
        try? await withDeadline(limit, expired: FerryError(.timeout, "tidying up took too long"), operation)
    }
    await task.value
}

/// Runs an operation whose outcome must be known although the caller's task may be cancelled meanwhile: from then on it
/// has at most that long before it is cancelled too.
///
/// The task is unstructured on purpose, as the operation must outlive the cancellation. It is awaited right here, so
/// that nothing outlives the call.
func settled<Success: Sendable>(
    within limit: Duration, _ operation: @escaping @Sendable () async throws -> Success
) async -> Result<Success, any Error> {
    let (cancellation, signal) = AsyncStream.makeStream(of: Never.self)
    let task = Task {
        try await withThrowingTaskGroup(of: Success.self) { group in
            group.addTask { try await operation() }
            group.addTask {
                for await _ in cancellation {}
                try await Task.sleep(for: limit)
                throw CancellationError()
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
    }
    return await withTaskCancellationHandler {
        await task.result
    } onCancel: {
        signal.finish()
    }
}
