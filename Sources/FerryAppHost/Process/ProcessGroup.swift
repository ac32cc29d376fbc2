// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A process that leads a group, and all it started that did not leave the group.
///
/// To be used while the leader has not been waited for: until then its number cannot mean another process.
struct ProcessGroup: Sendable {
    let leader: pid_t

    #if canImport(Darwin)
    private static let send = Darwin.kill
    #elseif canImport(Musl)
    private static let send = Musl.kill
    #else
    private static let send = Glibc.kill
    #endif

    /// Kills all of the group. Harmless when it is gone.
    func kill() {
        guard leader > 1 else { return }
        _ = Self.send(-leader, SIGKILL)
    }

    /// Whether the leader has ended.
    var hasExited: Bool {
        var facts = siginfo_t()
        facts.si_signo = 0
        guard waitid(P_PID, id_t(leader), &facts, WEXITED | WNOHANG | WNOWAIT) == 0 else { return errno != EINTR }
        return facts.si_signo != 0
    }

    /// Waits for the leader's end; false if it has not ended in time or the calling task was cancelled.
    func waitForExit(upTo limit: Duration) async -> Bool {
        let deadline = ContinuousClock.now + limit
        var pause = Duration.milliseconds(1)
        while !hasExited {
            guard ContinuousClock.now < deadline, (try? await Task.sleep(for: pause)) != nil else { return hasExited }
            pause = min(pause * 2, .milliseconds(20))
        }
        return true
    }
}

extension Duration {
    /// For people: `900 seconds`, `0.25 seconds`.
    var inSeconds: String {
        let (seconds, attoseconds) = components
        if attoseconds == 0 { return seconds == 1 ? "1 second" : "\(seconds) seconds" }
        return "\(Double(seconds) + Double(attoseconds / 1_000_000_000_000_000) / 1000) seconds"
    }
}
