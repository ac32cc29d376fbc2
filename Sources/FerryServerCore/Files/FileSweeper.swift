// SPDX-License-Identifier: Apache-2.0

package import Logging
import ServiceLifecycle

/// Removes files whose time is over, every ``ServerLimits/sweepInterval``, until a graceful shutdown.
package struct FileSweeper: Service {
    private let files: FileService
    private let limits: ServerLimits
    private let clock: ServerClock
    private let logger: Logger

    package init(files: FileService, limits: ServerLimits, clock: ServerClock, logger: Logger) {
        self.files = files
        self.limits = limits
        self.clock = clock
        self.logger = logger
    }

    package func run() async throws {
        let interval = Duration.seconds(limits.sweepInterval)
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await sweep()
                // Throws at the end only, which the loop sees.
                try? await Task.sleep(for: interval)
            }
        }
    }

    /// A search that fails is tried again at the next one: nobody sees these files.
    private func sweep() async {
        do {
            _ = try await files.sweep(at: clock.now())
        } catch is CancellationError {
            return
        } catch {
            logger.error("files whose time is over could not be removed", metadata: ["error": "\(error)"])
        }
    }
}

extension FileSweeper: CustomStringConvertible {
    package var description: String { "file sweeper" }
}
