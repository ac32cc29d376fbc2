// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import NIOPosix

extension NIOThreadPool {
    /// Runs blocking work on the pool.
    ///
    /// Work that was handed over is always done, even if the caller is cancelled meanwhile: a commit or a clean-up
    /// dropped half-way would leave bytes behind.
    func work<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            submit { state in
                switch state {
                case .active: continuation.resume(with: Swift.Result(catching: body))
                case .cancelled:
                    continuation.resume(
                        throwing: ServerError(.unavailable, "the server is stopping; try again in a moment"))
                }
            }
        }
    }
}
