// SPDX-License-Identifier: Apache-2.0

import FerryWire

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A server on this machine that commands share: started when none runs, gone when nobody needs it.
enum EmbeddedServer {
    /// The server a command uses.
    struct Attached: Sendable {
        /// Address.
        let baseURL: String
        /// A key that may do everything.
        let rootKey: String
    }

    /// How long a server may take to start.
    static let startTimeout = Duration.seconds(20)
    /// How long a server stays without commands and unfinished tasks, in seconds.
    static let idleExit = 30

    /// Runs the body with a server of that data folder, which stays while the body runs.
    ///
    /// - Parameter warn: told what the user has to know.
    static func withAttached<Result: Sendable>(
        dataDirectory: DataDirectory, environment: [String: String], warn: (String) async -> Void = { _ in },
        _ body: (Attached) async throws -> Result
    ) async throws -> Result {
        try dataDirectory.prepare()
        var (attachment, server) = try await attach(dataDirectory, environment)
        if try hasOtherSecrets(server, dataDirectory, environment) {
            attachment = nil
            if try await !stop(server, dataDirectory) {
                await warn(
                    "the embedded server is in use by another command, and keeps the \(AppSecrets.prefix) variables it was "
                        + "started with; wait for that command, or give another --data-dir")
            }
            (attachment, server) = try await attach(dataDirectory, environment)
        }
        let result: Result
        do {
            result = try await body(
                Attached(baseURL: server.url, rootKey: try rootKey(server, dataDirectory, environment)))
        } catch {
            withExtendedLifetime(attachment) {}
            throw error
        }
        withExtendedLifetime(attachment) {}
        return result
    }

    private static func attach(
        _ directory: DataDirectory, _ environment: [String: String]
    ) async throws -> (FileLock?, ServerFile) {
        // While this is held no server exits for idleness; one that is exiting is waited for.
        let attachment = try await FileLock.wait(directory.attachLock, .shared, timeout: startTimeout)
        return (attachment, try await find(directory, environment))
    }

    /// Whether a server that a command started was given other secrets than this command has. One without any takes
    /// what is there.
    private static func hasOtherSecrets(
        _ server: ServerFile, _ directory: DataDirectory, _ environment: [String: String]
    ) throws(LocalFailure) -> Bool {
        guard let started = server.secrets, let key = try directory.storedRootKey(),
            let ours = AppSecrets.mark(of: environment, key: key)
        else { return false }
        return ours != started
    }

    /// Ends the server, unless another command uses it. What it was doing goes on with the next one.
    private static func stop(_ server: ServerFile, _ directory: DataDirectory) async throws -> Bool {
        guard let lock = try FileLock.take(directory.attachLock, .exclusive) else { return false }
        defer { withExtendedLifetime(lock) {} }
        // Only the process that still has the file locked is the one it names.
        guard let running = try ServerFile.running(directory), running.pid == server.pid else { return true }
        kill(pid_t(server.pid), SIGTERM)
        _ = try await FileLock.wait(directory.serverFile, .shared, timeout: startTimeout)
        return true
    }

    private static func rootKey(
        _ server: ServerFile, _ directory: DataDirectory, _ environment: [String: String]
    ) throws(LocalFailure) -> String {
        if server.hasOwnRootKey {
            guard let key = environment["FERRY_ROOT_KEY"] ?? environment["INFERENCE_API_KEY"] else {
                throw LocalFailure(
                    "the server on \(directory.path) has a root key of its own; set INFERENCE_API_KEY to a key of it")
            }
            return key
        }
        guard let key = try directory.storedRootKey() else {
            throw LocalFailure("\(directory.path)/root-key is missing; stop the server and start it again")
        }
        return key
    }

    private static func find(_ directory: DataDirectory, _ environment: [String: String]) async throws -> ServerFile {
        if let server = try ServerFile.running(directory) { return server }
        let starting = try await FileLock.wait(directory.startLock, .exclusive, timeout: startTimeout)
        defer { withExtendedLifetime(starting) {} }
        let deadline = ContinuousClock.now + startTimeout
        var child: pid_t?
        while ContinuousClock.now < deadline {
            if let server = try ServerFile.running(directory) { return server }
            if let pid = child {
                var status: Int32 = 0
                if waitpid(pid, &status, WNOHANG) == pid {
                    throw LocalFailure("the embedded server did not start: \(lastLogLine(directory))")
                }
            } else if try FileLock.take(directory.serverFile, .shared) != nil {
                child = try start(directory, environment)
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw LocalFailure("the embedded server did not answer in time; see \(directory.serverLog)")
    }

    /// `POSIX_SPAWN_SETSID`, which glibc's header hides from Swift behind a feature macro.
    #if canImport(Glibc)
    private static let newSession: Int16 = 0x80
    #else
    private static let newSession = Int16(POSIX_SPAWN_SETSID)
    #endif

    /// Starts `ferry serve` in a session of its own, so that it outlives this command.
    private static func start(_ directory: DataDirectory, _ environment: [String: String]) throws(LocalFailure) -> pid_t
    {
        guard let executable = Executable.path else { throw LocalFailure("cannot find the ferry executable") }
        let arguments = [
            executable, "serve", "--host", "127.0.0.1", "--port", "0", "--data-dir", directory.path, "--apps-dir",
            directory.apps, "--idle-exit", String(idleExit),
        ]
        // Settings meant for a server of the user's own do not apply to this one; secrets for apps do. The folder of apps
        // is named above, because the config file may name another one.
        let kept = environment.filter { name, _ in
            name.hasPrefix(AppSecrets.prefix) || !(name.hasPrefix("FERRY_") || name.hasPrefix("INFERENCE_"))
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, directory.serverLog, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, newSession)
        var argumentPointers = arguments.map { strdup($0) } + [nil]
        var environmentPointers = kept.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (argumentPointers + environmentPointers).forEach { free($0) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, executable, &actions, &attributes, &argumentPointers, &environmentPointers)
        guard code == 0 else {
            throw LocalFailure("cannot start the embedded server: \(String(cString: strerror(code)))")
        }
        return pid
    }

    private static func lastLogLine(_ directory: DataDirectory) -> String {
        let descriptor = open(directory.serverLog, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "see \(directory.serverLog)" }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 8192)
        let count = max(0, read(descriptor, &buffer, buffer.count))
        let lines = String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n")
        return lines.last.map(String.init) ?? "see \(directory.serverLog)"
    }
}
