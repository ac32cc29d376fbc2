// SPDX-License-Identifier: Apache-2.0

import Subprocess
import SystemPackage

/// How processes of apps are started.
struct AppLauncher: Sendable {
    /// Beginnings of names that would change what runs before an app does, with the rights of that.
    private static let refusedPrefixes = ["LD_", "DYLD_", "GLIBC_", "MALLOC_", "GCONV_", "BASH_"]
    /// Names that would, and those whose values are the host's.
    private static let refusedNames: Set = [
        "ENV", "IFS", "SHELLOPTS", "LOCPATH", "NLSPATH", "HOME", "TMPDIR", "FILE_CACHE_DIR", "FERRY_APP_DIR",
    ]

    let confinement: Confinement
    /// The `PATH` of the processes.
    let searchPath: String

    /// What to start for a plan in a folder of its own.
    ///
    /// Of the server's environment nothing is passed on. A session of its own makes the process the leader of a
    /// process group whose number is the process's.
    func configuration(plan: LaunchPlan, arguments: [String] = [], folder: WorkerFolder) -> Configuration {
        var options = PlatformOptions()
        options.createSession = true
        var environment = Self.environment(of: plan, in: folder, searchPath: searchPath)
        if confinement.isIsolated { environment["TMPDIR"] = "/tmp" }
        let variables = environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) }
        return Configuration(
            executable: .path(FilePath(Confinement.shell)),
            arguments: Arguments(confinement.arguments(for: plan, adding: arguments, in: folder)),
            environment: .custom(Dictionary(variables) { first, _ in first }),
            workingDirectory: FilePath(folder.workPath),
            platformOptions: options)
    }

    /// What to start for a program that needs no plan.
    func configuration(program: String, arguments: [String], folder: WorkerFolder) -> Configuration {
        configuration(
            plan: LaunchPlan(
                program: program, arguments: [], appReference: "", codeFolder: nil, environment: [:], readable: [],
                memory: nil, concurrency: 1),
            arguments: arguments, folder: folder)
    }

    /// The whole environment of a process.
    static func environment(of plan: LaunchPlan, in folder: WorkerFolder, searchPath: String) -> [String: String] {
        var environment = plan.environment.filter { name, value in
            !name.isEmpty && !refusedNames.contains(name) && !refusedPrefixes.contains { name.hasPrefix($0) }
                && !name.utf8.contains(UInt8(ascii: "=")) && !name.utf8.contains(0) && !value.utf8.contains(0)
        }
        if environment["PATH"] == nil { environment["PATH"] = searchPath }
        if environment["LANG"] == nil { environment["LANG"] = "C.UTF-8" }
        environment["HOME"] = folder.homePath
        environment["TMPDIR"] = folder.temporaryPath
        environment["FILE_CACHE_DIR"] = folder.cachePath
        environment["FERRY_APP_DIR"] = plan.codeFolder
        return environment
    }
}
