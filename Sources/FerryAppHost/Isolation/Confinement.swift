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
    /// The program that forbids new privileges and changes the user, where there is one.
    let privilegeDropper: String?
    /// The user that apps run as; nil for the server's own.
    let user: AppUser?
    /// What gives each worker a file system of its own, where it works.
    let bubblewrap: Bubblewrap?
    /// What keeps workers of another user from seeing each other where bubblewrap does not.
    let processTable: ProcessTable?
    /// Whether ``privilegeDropper`` can let a process end with the server. Bubblewrap does so by itself.
    let endsWithServer: Bool

    init(
        limits: AppHostLimits, privilegeDropper: String?, user: AppUser? = nil, bubblewrap: Bubblewrap? = nil,
        processTable: ProcessTable? = nil, endsWithServer: Bool = false
    ) {
        self.limits = limits
        self.privilegeDropper = privilegeDropper
        self.user = user
        self.bubblewrap = bubblewrap
        self.processTable = processTable
        self.endsWithServer = endsWithServer
    }

    /// Finds out what this machine offers.
    ///
    /// - Parameter hidden: a folder of the server's that apps see nothing of, as far as that can be had; links resolved.
    static func detect(
        limits: AppHostLimits, user: AppUser? = nil, isolation: IsolationMode = .none, hiding hidden: String? = nil
    ) async -> Confinement {
        #if os(Linux)
        let places = ["/usr/bin/setpriv", "/bin/setpriv", "/usr/local/bin/setpriv"]
        let dropper = places.first { access($0, X_OK) == 0 }
        #else
        let dropper: String? = nil
        #endif
        let bubblewrap = isolation == .automatic ? await Bubblewrap.detect(hiding: hidden) : nil
        let processTable = user != nil && bubblewrap == nil ? await ProcessTable.detect() : nil
        return Confinement(
            limits: limits, privilegeDropper: dropper, user: user, bubblewrap: bubblewrap, processTable: processTable,
            endsWithServer: await canEndWithServer(dropper))
    }

    /// Whether a program knows the option; that of older systems and of other tool boxes does not.
    private static func canEndWithServer(_ dropper: String?) async -> Bool {
        guard let dropper else { return false }
        let trial = Configuration(
            executable: .path(FilePath(dropper)), arguments: Arguments(withServer + ["--", "/bin/true"]),
            environment: .custom(["PATH": "/usr/bin:/bin"]), workingDirectory: "/")
        let result = try? await Subprocess.run(trial, input: .none, output: .discarded, error: .discarded)
        return result?.terminationStatus == .exited(0)
    }

    /// Kills a process when the thread ends that started it, which is one and the same for as long as the server runs.
    private static let withServer = ["--pdeathsig", "KILL"]

    /// Whether a worker has `/tmp` and `/app` for itself.
    var isIsolated: Bool { bubblewrap != nil }

    /// Whether a signal that ends an app is told as an exit code, as shells do.
    var turnsSignalsIntoCodes: Bool { bubblewrap != nil || processTable != nil }

    /// What is missing on this machine, in words for the log; nil if nothing is.
    var shortcoming: String? {
        #if os(Linux)
        if privilegeDropper == nil, bubblewrap == nil {
            return "neither setpriv nor bubblewrap is at hand: processes of apps could gain privileges by set-user-id "
                + "programs; install util-linux and bubblewrap"
        }
        #endif
        if bubblewrap == nil, user != nil, processTable == nil {
            return
                "apps run as a user of their own but see each other, because neither bubblewrap nor process tables of "
                + "their own work here; install bubblewrap, or let the server make namespaces"
        }
        if bubblewrap == nil, user == nil {
            return "apps run as the server's user and see what it sees, because bubblewrap is missing or does not work "
                + "here; install it, or start the server as root with --app-user"
        }
        return nil
    }

    /// The arguments of the shell that runs a plan's program confined.
    func arguments(for plan: LaunchPlan, adding arguments: [String], in folder: WorkerFolder) -> [String] {
        // The shell counts files in blocks of 512 bytes and memory in KiB.
        let fileBlocks = limits.fileSize.map { String(max(1, $0 / 512)) } ?? ""
        let memory = limits.addressSpace.map { String(max(1, $0 / 1024)) } ?? ""
        let wrapping =
            bubblewrap?.arguments(
                for: plan, in: folder, sharedMemory: limits.sharedMemory, keepingUser: user == nil) ?? []
        return ["-c", Self.script, "ferry-app", String(limits.openFiles), fileBlocks, memory]
            + (bubblewrap.map { [$0.program] } ?? []) + wrapping + tableArguments + dropping
            + [plan.program] + plan.arguments + arguments
    }

    /// What gives a process table of its own ends its processes when it ends itself.
    private var tableArguments: [String] {
        guard let processTable else { return [] }
        guard let privilegeDropper, endsWithServer else { return processTable.arguments }
        return [privilegeDropper] + Self.withServer + ["--"] + processTable.arguments
    }

    /// Inside of bubblewrap, because becoming another user first would need user namespaces, which many systems deny.
    private var dropping: [String] {
        guard let privilegeDropper else { return [] }
        // Told last of all, as becoming another user makes the system forget it.
        let ending = endsWithServer && bubblewrap == nil && processTable == nil ? Self.withServer : []
        guard let user else { return [privilegeDropper, "--no-new-privs"] + ending + ["--"] }
        return [
            privilegeDropper, "--reuid", String(user.id), "--regid", String(user.group), "--clear-groups",
            "--inh-caps=-all", "--no-new-privs",
        ] + ending + ["--"]
    }
}
