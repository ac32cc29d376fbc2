// SPDX-License-Identifier: Apache-2.0

import FerryAppHost
import FerryServerCore
import Logging

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Where a server's apps come from, and as whom they run.
struct AppHosting {
    /// The program of the built-in apps; nil if it is not there.
    var program: String?
    /// The folder of apps. Absolute.
    var appsDirectory: String
    /// Where Python environments are made. Absolute, links resolved: an environment stays where it was made.
    var environments: String
    /// The system user that apps run as; nil for the server's own.
    var user: String?

    /// What the settings and the data folder say.
    ///
    /// - Throws: ``LocalFailure``.
    init(_ settings: ServeSettings, _ directory: DataDirectory) throws(LocalFailure) {
        program = Executable.sibling("ferry-builtin-apps")
        let named = settings.appsDirectory ?? directory.apps
        appsDirectory = try Self.folder(named, isOwn: named == directory.apps)
        environments = try Self.folder(directory.environments, isOwn: true)
        user = settings.appUser
        guard let user else { return }
        guard getuid() == 0 else {
            throw LocalFailure(
                "--app-user \(user) needs a server that runs as root; start it so, or leave the flag out")
        }
        guard getpwnam(user) != nil else {
            throw LocalFailure("--app-user: there is no user \(user); make one, or give another")
        }
        for folder in ["/var/lib/ferry", Self.shared] {
            if mkdir(folder, 0o755) == 0 {
                // Whatever the mask is: the user has to pass through it.
                _ = chmod(folder, 0o755)
            } else if errno != EEXIST {
                throw LocalFailure.system("cannot make the folder \(folder)")
            }
        }
        environments = Self.shared
    }

    /// Where what apps of another user are run with is kept, for every server of the machine.
    private static let shared = "/var/lib/ferry/environments"

    /// The folder with its links resolved, made if it is the server's own.
    private static func folder(_ path: String, isOwn: Bool) throws(LocalFailure) -> String {
        if isOwn, mkdir(path, 0o700) != 0, errno != EEXIST {
            throw LocalFailure.system("cannot make the folder \(path)")
        }
        var status = stat()
        guard let pointer = realpath(path, nil) else {
            throw LocalFailure.system("cannot find the folder of apps \(path)")
        }
        defer { free(pointer) }
        guard stat(pointer, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw LocalFailure("\(path) is no folder; give another --apps-dir")
        }
        return String(cString: pointer)
    }

    /// What runs the apps.
    ///
    /// - Parameter environment: the server's own: where interpreters are, settings of `pip`, secrets of apps.
    /// - Throws: `ServerError` if apps cannot run as the user.
    func runner(
        _ directory: DataDirectory, environment: [String: String], logger: Logger
    ) async throws -> ProcessAppRunner {
        var places = CatalogPlaces(dataFolder: directory.path)
        places.environments = environments
        if user != nil {
            // Another user may not enter the data folder. Only root may write here.
            places.runners = "\(Self.shared)/runners"
        }
        return try await ProcessAppRunner(
            programs: program.map { [$0] } ?? [], appsFolder: appsDirectory, places: places, environment: environment,
            workFolder: directory.work, dataFolder: directory.path, appUser: user, logger: logger)
    }
}
