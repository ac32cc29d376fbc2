// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// What a process of an app may use of the machine, set before any of its code runs.
///
/// A shell sets the limits and becomes the program, as spawning offers no place for it. A limit that the server's own
/// is below already stays as it is.
struct Confinement: Sendable, Hashable {
    static let shell = "/bin/sh"

    private static let script = """
        ulimit -c 0 2>/dev/null
        [ -z "$1" ] || ulimit -n "$1" 2>/dev/null
        [ -z "$2" ] || ulimit -f "$2" 2>/dev/null
        [ -z "$3" ] || ulimit -v "$3" 2>/dev/null
        shift 3
        exec "$@"
        """

    let limits: AppHostLimits
    /// The program that forbids new privileges, where there is one.
    let privilegeDropper: String?

    /// Finds out what this machine offers.
    static func detect(limits: AppHostLimits) -> Confinement {
        #if os(Linux)
        let places = ["/usr/bin/setpriv", "/bin/setpriv", "/usr/local/bin/setpriv"]
        return Confinement(limits: limits, privilegeDropper: places.first { access($0, X_OK) == 0 })
        #else
        return Confinement(limits: limits, privilegeDropper: nil)
        #endif
    }

    /// Whether all is done that can be done on this system.
    var isComplete: Bool {
        #if os(Linux)
        privilegeDropper != nil
        #else
        true
        #endif
    }

    /// The arguments of the shell that runs a program confined.
    func arguments(program: String, arguments: [String]) -> [String] {
        // The shell counts files in blocks of 512 bytes and memory in KiB.
        let fileBlocks = limits.fileSize.map { String(max(1, $0 / 512)) } ?? ""
        let memory = limits.addressSpace.map { String(max(1, $0 / 1024)) } ?? ""
        let dropper = privilegeDropper.map { [$0, "--no-new-privs", "--"] } ?? []
        return ["-c", Self.script, "ferry-app", String(limits.openFiles), fileBlocks, memory] + dropper + [program]
            + arguments
    }
}
