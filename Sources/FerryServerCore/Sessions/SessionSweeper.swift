// SPDX-License-Identifier: Apache-2.0

package import Logging
import ServiceLifecycle

/// Ends sessions that nobody uses any more, looking every ``ServerLimits/sessionSweepInterval``, until a graceful
/// shutdown.
package struct SessionSweeper: Service {
    private let sessions: SessionService
    private let limits: ServerLimits
    private let logger: Logger

    package init(sessions: SessionService, limits: ServerLimits, logger: Logger) {
        self.sessions = sessions
        self.limits = limits
        self.logger = logger
    }

    package func run() async throws {
        let interval = Duration.milliseconds(limits.sessionSweepInterval)
        await cancelWhenGracefulShutdown {
            var forgetAt = ContinuousClock.now
            while !Task.isCancelled {
                await attempt("sessions could not be ended") { try await sessions.sweep() }
                if ContinuousClock.now >= forgetAt {
                    await attempt("old sessions could not be removed") { try await sessions.forgetEnded() }
                    forgetAt = .now + .seconds(limits.sweepInterval)
                }
                // Throws at the end only, which the loop sees.
                try? await Task.sleep(for: interval)
            }
        }
    }

    /// What fails is tried again at the next look.
    private func attempt(_ failure: Logger.Message, _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch is CancellationError {
            return
        } catch {
            logger.error(failure, metadata: ["error": "\(error)"])
        }
    }
}

extension SessionSweeper: CustomStringConvertible {
    package var description: String { "session sweeper" }
}
