// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Another program, run to its end with this one's environment and working directory.
struct ChildProgram: Sendable {
    /// How often is looked whether it has ended.
    private static let cadence = Duration.milliseconds(20)

    /// Its name, looked up in `PATH`, or its path.
    var name: String
    /// What it is called with, without its own name.
    var arguments: [String]
    /// Where its standard output goes: a file that is made anew, or this program's standard error.
    var output: String?

    /// Runs it. What it says goes to standard error. Cancellation ends it.
    ///
    /// - Returns: its exit code; 128 and the signal's number if one ended it.
    /// - Throws: ``CommandFailure`` if it cannot be started, `CancellationError`.
    func run() async throws -> Int32 {
        let pid = try start()
        var status: Int32 = 0
        while waitpid(pid, &status, WNOHANG) == 0 {
            do {
                try await Task.sleep(for: Self.cadence)
            } catch {
                kill(pid, SIGTERM)
                // What does not end by itself is left to the system; waiting could have no end.
                _ = waitpid(pid, &status, WNOHANG)
                throw error
            }
        }
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    }

    private func start() throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        if let output {
            posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        } else {
            posix_spawn_file_actions_adddup2(&actions, 2, 1)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // This program ignores or catches signals that its children should know as usual.
        var usual = sigset_t()
        sigemptyset(&usual)
        for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { sigaddset(&usual, number) }
        posix_spawnattr_setsigdefault(&attributes, &usual)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        var pointers = ([name] + arguments).map { strdup($0) } + [nil]
        defer { pointers.forEach { free($0) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, name, &actions, &attributes, &pointers, environ)
        guard code == 0 else {
            let reason = String(cString: strerror(code))
            throw CommandFailure(.other, "could not start \(name): \(reason); install it, or put it into PATH")
        }
        return pid
    }
}
