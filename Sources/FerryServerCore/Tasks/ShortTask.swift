// SPDX-License-Identifier: Apache-2.0

/// Runs the body in a child task, and waits for it.
///
/// What a task's calls needed of memory stays with the task until it ends (tens of kilobytes for deep ones, measured), so
/// that one that waits long after deep calls has these made by another.
func inShortTask<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask { try await body() }
        guard let value = try await group.next() else { throw CancellationError() }
        return value
    }
}
