// SPDX-License-Identifier: Apache-2.0

import Subprocess
import SystemPackage

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A process table of a worker's own, for workers that share a user and have no bubblewrap: through `/proc` they would
/// see each other's environment and folders.
struct ProcessTable: Sendable, Hashable {
    /// What gives one; only root can use it.
    let program: String

    /// The arguments before the program's own. A shell is the first process, because the first one is deaf to signals
    /// and has to collect the others.
    var arguments: [String] {
        [
            program, "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--", Confinement.shell, "-c",
            "\"$@\"; exit $?", "ferry-app",
        ]
    }

    /// Finds out whether one can be had here.
    static func detect() async -> ProcessTable? {
        #if os(Linux)
        let places = ["/usr/bin/unshare", "/bin/unshare"]
        guard geteuid() == 0, let program = places.first(where: { access($0, X_OK) == 0 }) else { return nil }
        let table = ProcessTable(program: program)
        let trial = Configuration(
            executable: .path(FilePath(program)), arguments: Arguments(table.arguments.dropFirst() + ["/bin/true"]),
            environment: .custom(["PATH": "/usr/bin:/bin"]), workingDirectory: "/")
        let result = try? await Subprocess.run(trial, input: .none, output: .discarded, error: .discarded)
        return result?.terminationStatus == .exited(0) ? table : nil
        #else
        return nil
        #endif
    }
}
