// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryWire
import NIOPosix

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A server with one app, for the time of a test. It knows nothing of the user's own.
enum PrivateServer {
    /// How long the server may take to end.
    private static let stopLimit = Duration.seconds(10)

    /// Runs the body with a client of a server that has the app in a folder, and ends the server.
    ///
    /// - Parameters:
    ///   - folder: the app's folder, ready to be installed.
    ///   - shared: the data folder whose Python environments serve here too, so that a second test is quick.
    static func with<Success: Sendable>(
        app folder: String, shared: DataDirectory, environment: [String: String],
        _ body: (Ferry) async throws -> Success
    ) async throws -> Success {
        try await TemporaryFolder.with { temporary in
            let directory = DataDirectory(path: "\(temporary)/data")
            try directory.prepare()
            try shared.prepare()
            try await NIOThreadPool.singleton.runIfActive {
                _ = mkdir(shared.environments, 0o700)
                guard symlink(shared.environments, directory.environments) == 0 else {
                    throw LocalInput.failure(errno, "make a link in", temporary)
                }
            }
            _ = try await AppInstallation.local(folder, appsDirectory: directory.apps)
            do {
                let result = try await connected(directory, environment, body)
                await stop(directory)
                return result
            } catch {
                await stop(directory)
                throw error
            }
        }
    }

    private static func connected<Success: Sendable>(
        _ directory: DataDirectory, _ environment: [String: String], _ body: (Ferry) async throws -> Success
    ) async throws -> Success {
        var configuration = try FerryConfiguration(environment: environment)
        // What a server of this machine that serves nobody else answers, it answers the next time too.
        configuration.retry.maximumAttempts = 1
        return try await EmbeddedServer.withAttached(dataDirectory: directory, environment: environment) { server in
            configuration.baseURL = server.baseURL
            configuration.apiKey = APIKey(server.rootKey)
            return try await withFerry(configuration: configuration, body)
        }
    }

    /// The app's record, once its environment is made.
    ///
    /// - Throws: ``CommandFailure`` if it cannot be run; `FerryError`, `CancellationError`.
    static func described(_ reference: String, _ ferry: Ferry, _ console: Console) async throws -> AppDTO {
        do {
            if let app = try await AppReadiness.app(reference, ferry, console) { return app }
        } catch let error as FerryError {
            throw AppReadiness.failure(error)
        }
        throw CommandFailure(.refused, "\(reference) cannot be run; check its inf.yml")
    }

    /// Ends the server, also where this command is being interrupted: its data goes next.
    private static func stop(_ directory: DataDirectory) async {
        // A task of its own, since a cancelled one would not wait.
        await Task {
            guard let server = try? ServerFile.running(directory) else { return }
            kill(pid_t(server.pid), SIGTERM)
            let deadline = ContinuousClock.now + stopLimit
            while (try? ServerFile.running(directory)) != nil {
                guard ContinuousClock.now < deadline else {
                    kill(pid_t(server.pid), SIGKILL)
                    return
                }
                try? await Task.sleep(for: .milliseconds(20))
            }
        }.value
    }
}
