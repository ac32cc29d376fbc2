// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Ends work that waits too long for somebody else, or that lasts too long as a whole.
final class SilenceLimit: Sendable {
    /// How often it is looked whether a wait is overdue.
    private static let interval: Duration = .milliseconds(250)

    /// When the present wait has lasted too long; nil between waits.
    private let due = Mutex<(instant: ContinuousClock.Instant, failure: ModelServerFailure)?>(nil)
    /// When all of the work has lasted too long; nil if it may last.
    private let whole: (instant: ContinuousClock.Instant, failure: ModelServerFailure)?

    private init(whole: (ContinuousClock.Instant, ModelServerFailure)?) { self.whole = whole }

    /// Runs work whose waits are told by ``begin(_:)`` and ``end()``; it is cancelled when one lasts too long.
    ///
    /// - Parameter total: how long all of the work may last, waits or not; nil for as long as it likes.
    /// - Throws: what the work throws, or the failure of the wait, or of the work, that lasted too long.
    static func watching<Value: Sendable>(
        atMost total: Duration? = nil,
        _ work: @escaping @Sendable (SilenceLimit) async throws -> Value
    ) async throws -> Value {
        let limit = SilenceLimit(whole: total.map { (.now + $0, .endless($0)) })
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await work(limit) }
            group.addTask {
                try await limit.watch()
                return nil
            }
            defer { group.cancelAll() }
            // The watch ends only by throwing, so the first value is the work's.
            while let value = try await group.next() {
                if let value { return value }
            }
            throw CancellationError()
        }
    }

    /// Begins a wait of at most that time.
    func begin(_ time: Duration, or failure: ModelServerFailure = .silent) {
        due.withLock { $0 = (.now + time, failure) }
    }

    /// Ends the wait.
    func end() { due.withLock { $0 = nil } }

    private func watch() async throws {
        while true {
            try await Task.sleep(for: Self.interval)
            if let whole, whole.instant <= .now { throw whole.failure }
            if let due = due.withLock({ $0 }), due.instant <= .now { throw due.failure }
        }
    }
}
