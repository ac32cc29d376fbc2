// SPDX-License-Identifier: Apache-2.0

import Subprocess
import SystemPackage

/// How processes of apps are started.
struct AppLauncher: Sendable {
    let confinement: Confinement
    /// The `PATH` of the processes.
    let searchPath: String

    /// What to start for a program in a task's folder.
    ///
    /// Of the server's environment nothing is passed on. A session of its own makes the process the leader of a
    /// process group whose number is the process's.
    func configuration(
        program: String, arguments: [String], environment: [String: String] = [:], folder: DiskWorkspace
    ) -> Configuration {
        var options = PlatformOptions()
        options.createSession = true
        var variables: [Environment.Key: String] = [
            "PATH": searchPath, "LANG": "C.UTF-8", "HOME": folder.path, "TMPDIR": folder.temporaryPath,
        ]
        for (name, value) in environment { variables[Environment.Key(stringLiteral: name)] = value }
        return Configuration(
            executable: .path(FilePath(Confinement.shell)),
            arguments: Arguments(confinement.arguments(program: program, arguments: arguments)),
            environment: .custom(variables),
            workingDirectory: FilePath(folder.path),
            platformOptions: options)
    }
}
