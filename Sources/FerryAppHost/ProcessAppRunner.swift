// SPDX-License-Identifier: Apache-2.0

package import FerryServerCore
package import FerryWire
package import Logging
package import NIOPosix

/// Runs apps as child processes, a fresh one for each task.
///
/// A process has an environment of its own making, a folder of its own, a process group and session of its own, no
/// descriptors of the server's, resource limits, and on Linux no way to gain privileges where `setpriv` is installed.
/// When a task ends, whatever is left of its process group is killed. How many tasks run at once is the caller's
/// business.
package struct ProcessAppRunner: AppRunner {
    let catalog: AppCatalog
    private let launcher: AppLauncher
    private let folders: WorkFolders
    private let limits: AppHostLimits
    private let logger: Logger

    /// A runner of the apps that some programs hold.
    ///
    /// Broken pipes are ignored in the whole process from now on, as an app may end while it is written to.
    /// - Parameters:
    ///   - programs: absolute paths of executables that speak the worker protocol and answer `describe`.
    ///   - appsFolder: the folder of apps; nil for none.
    ///   - places: where environments of apps and the like are kept; beside the work folder if nil.
    ///   - environment: the server's own, for finding interpreters, for settings of `pip` and for secrets of apps.
    ///   - workFolder: where tasks get their folders; made when missing, and the runner's alone.
    ///   - searchPath: the `PATH` of the processes.
    ///   - threadPool: where file system calls block.
    package init(
        programs: [String], appsFolder: String? = nil, places: CatalogPlaces? = nil,
        environment: [String: String] = [:], workFolder: String, limits: AppHostLimits = AppHostLimits(),
        catalogLimits: CatalogLimits = CatalogLimits(),
        searchPath: String = "/usr/local/bin:/usr/bin:/bin", threadPool: NIOThreadPool = .singleton, logger: Logger
    ) {
        BrokenPipes.ignore()
        let confinement = Confinement.detect(limits: limits)
        if !confinement.isComplete {
            logger.warning("setpriv is not installed: processes of apps could gain privileges by set-user-id programs")
        }
        launcher = AppLauncher(confinement: confinement, searchPath: searchPath)
        folders = WorkFolders(root: workFolder, threadPool: threadPool)
        catalog = AppCatalog(
            programs: programs, appsFolder: appsFolder,
            places: places ?? CatalogPlaces(dataFolder: "\(workFolder).catalog"), environment: environment,
            limits: catalogLimits, describeTime: limits.startTime, maximumManifests: limits.maximumManifests,
            threadPool: threadPool, logger: logger
        ) { [launcher, folders] plan, timeLimit in
            let folder = try await folders.make(label: "describe")
            let configuration = launcher.configuration(
                program: plan.program, arguments: plan.arguments + ["describe"], environment: plan.environment,
                folder: folder)
            do {
                let answer = try await ManifestQuery(configuration: configuration, timeLimit: timeLimit, limits: limits)
                    .run()
                await folder.remove()
                return answer
            } catch {
                await folder.remove()
                throw error
            }
        }
        self.limits = limits
        self.logger = logger
    }

    /// All apps of all programs, asked for once.
    ///
    /// - Throws: ``ServerError`` of code `unavailable` if a program is missing or does not answer as it should; the
    ///   next call tries again.
    package func apps() async throws -> [AppDTO] { try await catalog.current().map(\.app) }

    package func version(_ version: String, of app: String) async throws -> AppDTO? {
        try await catalog.entry(version: version, of: app)?.app
    }

    package func lease(
        for job: AppJob, events: @escaping @Sendable (AppEvent) async -> Void
    ) async throws -> any AppLease {
        // The tests of this runner name no version.
        let entries = try await catalog.current()
        guard let entry = entries.first(where: { $0.app.reference.utf8.elementsEqual(job.app.utf8) }) else {
            throw AppFailure(message: "the app \(job.app) is no longer on this server")
        }
        let folder = try await folders.make(label: job.taskID)
        return ProcessLease(
            job: job, program: entry.plan.program, folder: folder, launcher: launcher, limits: limits, logger: logger)
    }

    package func endSession(_ id: String) async {}

    /// Removes the folders that tasks left behind when the server died, and gives how many there were. For the start
    /// only, while no task runs.
    package func removeLeftovers() async throws -> Int { try await folders.removeAll() }
}

/// A process for one task.
struct ProcessLease: AppLease {
    let job: AppJob
    let program: String
    let folder: DiskWorkspace
    let launcher: AppLauncher
    let limits: AppHostLimits
    let logger: Logger

    var workspace: any TaskWorkspace { folder }

    func run(
        input: JSONValue, events: @escaping @Sendable (AppEvent) async -> Void
    ) async throws -> JSONValue {
        try Task.checkCancellation()
        let session = AppSession(
            job: job, input: input, program: program, folder: folder, launcher: launcher, limits: limits,
            logger: logger, events: events)
        // A task of its own, because a cancellation must reach the app as a message, and its process must be seen to
        // its end.
        let work = Task { try await session.run() }
        return try await withTaskCancellationHandler {
            try await work.value
        } onCancel: {
            session.cancel()
        }
    }

    func release() async { await folder.remove() }
}
