// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryWire
import NIOPosix

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The folder of this machine that apps are installed into.
struct AppsPlace: Sendable {
    /// How long a running server may take to see what was installed: it looks when its folder changed.
    private static let sightLimit = Duration.seconds(15)

    /// The folder of apps. Absolute.
    var appsDirectory: String
    /// The data folder, whose Python environments are used.
    var data: DataDirectory
    /// Whether the server of the data folder runs, and takes its apps from here.
    var isServed: Bool

    /// Where an app goes; nil for a server at an address.
    ///
    /// - Parameter given: the folder that a flag names.
    /// - Throws: ``CommandFailure``, ``LocalFailure``.
    static func find(_ given: String?, _ connection: ConnectionOptions) async throws -> AppsPlace? {
        let environment = ProcessEnvironment.current
        if given == nil {
            let choice = try ServerChoice(
                flags: .init(baseURL: connection.baseURL, apiKey: connection.apiKey), environment: environment,
                file: try ConfigFile.read(environment: environment))
            guard case .embedded = choice else { return nil }
        }
        let directory = try DataDirectory.resolve(flag: connection.dataDir, environment: environment)
        let folder = try given.map { try LocalFolder.absolute($0) }
        return try await NIOThreadPool.singleton.runIfActive { try find(folder, directory) }
    }

    /// Where an app goes on this machine. Blocks.
    ///
    /// - Parameter given: the folder that a flag names, absolute.
    static func find(_ given: String?, _ directory: DataDirectory) throws -> AppsPlace {
        try directory.prepare()
        guard let server = try ServerFile.running(directory) else {
            return AppsPlace(appsDirectory: given ?? directory.apps, data: directory, isServed: false)
        }
        let served = server.appsDirectory ?? directory.apps
        guard let given else { return AppsPlace(appsDirectory: served, data: directory, isServed: true) }
        return AppsPlace(appsDirectory: given, data: directory, isServed: resolved(given) == resolved(served))
    }

    /// A path without links; as it is if it leads nowhere.
    private static func resolved(_ path: String) -> String {
        guard let pointer = realpath(path, nil) else { return path }
        defer { free(pointer) }
        return String(cString: pointer)
    }

    /// Waits until the server runs the version that was installed.
    ///
    /// - Throws: ``CommandFailure`` if it does not; `FerryError`, `CancellationError`.
    func wait(for installed: AppInstallation, _ ferry: Ferry, _ console: Console) async throws {
        let deadline = ContinuousClock.now + Self.sightLimit
        while true {
            let app: AppDTO?
            do {
                app = try await AppReadiness.app(installed.versioned, ferry, console)
            } catch let error as FerryError {
                throw AppReadiness.failure(error)
            }
            if app?.versionID == installed.versionID { return }
            guard ContinuousClock.now < deadline else {
                throw CommandFailure(
                    .refused,
                    "\(installed.versioned) is installed in \(appsDirectory), but the server runs "
                        + "\(app == nil ? "no app of that name" : "another one of that name"); look at its log")
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}
