// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryWire

/// Waits for servers that make apps ready, which may take as long as it takes to download their packages.
enum AppReadiness {
    /// Longest wait: 20 minutes, more than a server gives the making of an environment and an app's first words.
    static let limit = Duration.seconds(20 * 60)
    /// How long a wait is silent.
    private static let patience = Duration.seconds(3)

    /// The app once it can be run; nil if the server has none of that name. A wait is told of on standard error, and
    /// can be cancelled.
    ///
    /// - Parameter reference: `namespace/name[@version]`, or a bare name.
    /// - Throws: `FerryError`, `CancellationError`.
    static func app(_ reference: String, _ ferry: Ferry, _ console: Console) async throws -> AppDTO? {
        try await telling("waiting for \(reference) to be made ready; the first time takes a while", console) {
            try await ferry.apps.ready(reference, within: limit)
        }
    }

    /// Waits before a run, so that the run itself is answered at once. What the run will be refused for is left to it.
    ///
    /// - Throws: `FerryError` of what is worth another try, `CancellationError`.
    static func beforeRun(of reference: String, _ ferry: Ferry, _ console: Console) async throws {
        do {
            _ = try await app(reference, ferry, console)
        } catch let error as FerryError where (400..<500).contains(error.status ?? 0) && !error.isRetryable {
            return
        }
    }

    /// Does something, and says these words if it takes more than a moment.
    static func telling<Success: Sendable>(
        _ words: String, _ console: Console, _ work: @escaping @Sendable () async throws -> Success
    ) async throws -> Success {
        try await withThrowingTaskGroup(of: Success?.self) { group in
            group.addTask { .some(try await work()) }
            group.addTask {
                guard (try? await Task.sleep(for: patience)) != nil else { return nil }
                await console.note(words)
                return nil
            }
            defer { group.cancelAll() }
            while let done = try await group.next() {
                if let done { return done }
            }
            throw CancellationError()
        }
    }

    /// What a failure to make an app ready means for one who is making it: it is the app that is to be changed.
    static func failure(_ error: FerryError) -> any Error {
        guard error.status == 503, error.serverCode == "unavailable" else { return error }
        return CommandFailure(.refused, Wording.message(of: error).replacing(" on this server", with: ""))
    }
}
