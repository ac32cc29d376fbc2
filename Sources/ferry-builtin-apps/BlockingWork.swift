// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Synchronization

/// Whether blocking work should stop.
final class StopFlag: Sendable {
    private let raised = Mutex(false)

    /// Whether somebody asked to stop.
    var isRaised: Bool { raised.withLock { $0 } }

    /// Asks to stop.
    func raise() { raised.withLock { $0 = true } }

    /// - Throws: `CancellationError` once raised.
    func check() throws {
        if isRaised { throw CancellationError() }
    }
}

/// Runs what reads disks or decodes images on one thread of its own, away from the cooperative pool.
///
/// One thread, because the image library keeps its errors in one place for the whole process.
enum BlockingWork {
    private static let queue = DispatchQueue(label: "ferry.builtin-apps.work")

    /// Runs `body`; the flag it is given is raised when the calling task is cancelled.
    static func run<Value: Sendable>(_ body: @escaping @Sendable (StopFlag) throws -> Value) async throws -> Value {
        let flag = StopFlag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                queue.async {
                    continuation.resume(
                        with: Result {
                            try flag.check()
                            return try body(flag)
                        })
                }
            }
        } onCancel: {
            flag.raise()
        }
    }
}
