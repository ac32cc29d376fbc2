// SPDX-License-Identifier: Apache-2.0

internal import NIOPosix
internal import Synchronization

/// Threads that may be blocked without holding up anything else, and a bound on what waits for them.
final class LookupThreads: Sendable {
    private let pool: NIOThreadPool
    private let maximumLookups: Int
    private let underWay = Mutex(0)

    /// Threads that live as long as the process, whoever holds this.
    init(count: Int, maximumLookups: Int) {
        pool = NIOThreadPool(numberOfThreads: count)
        pool.start()
        self.maximumLookups = maximumLookups
    }

    // A pool must be shut down before it goes. The shared one never does.
    deinit { pool.shutdownGracefully { _ in } }

    /// How many are under way or wait for a thread.
    var lookups: Int { underWay.withLock { $0 } }

    /// Runs work that blocks. Who is cancelled before it began leaves; once it began it is waited for.
    ///
    /// - Throws: ``FetchError`` when there is no room; `CancellationError`.
    func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async throws -> Result {
        let hasRoom = underWay.withLock { count in
            guard count < maximumLookups else { return false }
            count += 1
            return true
        }
        guard hasRoom else {
            throw FetchError(
                .unreachable, "\(maximumLookups) names are being resolved already; try again in a few seconds")
        }
        defer { underWay.withLock { $0 -= 1 } }
        return try await pool.runIfActive(work)
    }
}
