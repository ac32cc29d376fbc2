// SPDX-License-Identifier: Apache-2.0

package import FerryServerCore
package import FerryWire
package import Logging
package import NIOPosix

/// Runs apps as child processes that are set up once and then work on one task after the other.
///
/// A worker belongs to one version of an app, one setup and one team. It has an environment of its own making, a folder
/// of its own, a process group and session of its own, no descriptors of the server's, resource limits, and on Linux no
/// way to gain privileges where `setpriv` or bubblewrap is installed. With bubblewrap it has a file system of its own,
/// which holds the system, read-only, its app's code, read-only, and its folder; without it, and without another user,
/// it sees what the server's user sees. A worker that broke the protocol, died, took too much memory or had to be killed
/// is never used again.
package struct ProcessAppRunner: AppRunner {
    let catalog: AppCatalog
    /// How often another worker is taken when one turns out to be dead.
    private static let attempts = 3

    private let launcher: AppLauncher
    private let folders: WorkFolders
    private let pool: WorkerPool
    private let sessions: SessionWorkers
    private let origins: TrustedOrigins
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
    ///   - workFolder: where workers get their folders; made when missing, and the runner's alone. With `appUser`, who
    ///     may not enter the server's folders, a folder in `/var/lib/ferry/work` stands in for it.
    ///   - dataFolder: the server's, of which apps with a file system of their own see nothing but what they need, even
    ///     if it lies in a folder that they see. Nil for none.
    ///   - appUser: the name of the user that apps run as; only root can give one. Nil for the server's own.
    ///   - isolation: whether workers get a file system of their own where that is possible.
    ///   - searchPath: the `PATH` of the processes.
    ///   - threadPool: where file system calls block.
    /// - Throws: ``ServerError`` if apps cannot run as that user.
    package init(
        programs: [String], appsFolder: String? = nil, places: CatalogPlaces? = nil,
        environment: [String: String] = [:], catalogLimits: CatalogLimits = CatalogLimits(), workFolder: String,
        dataFolder: String? = nil, appUser: String? = nil, isolation: IsolationMode = .automatic,
        limits: AppHostLimits = AppHostLimits(),
        searchPath: String = "/usr/local/bin:/usr/bin:/bin", threadPool: NIOThreadPool = .singleton, logger: Logger
    ) async throws(ServerError) {
        BrokenPipes.ignore()
        let user: AppUser? = if let appUser { try AppUser.named(appUser) } else { nil }
        let hidden = dataFolder.map { Folders.resolved($0) ?? $0 }
        let confinement = await Confinement.detect(limits: limits, user: user, isolation: isolation, hiding: hidden)
        if user != nil, confinement.privilegeDropper == nil {
            throw ServerError(
                .invalidRequest, "apps cannot run as another user without setpriv; install it (package util-linux)")
        }
        if let shortcoming = confinement.shortcoming { logger.warning("\(shortcoming)") }
        launcher = AppLauncher(confinement: confinement, searchPath: searchPath)
        folders = WorkFolders(
            root: WorkFolders.root(workFolder, for: user), threadPool: threadPool, user: user,
            isIsolated: confinement.isIsolated, removalTime: limits.removalTime)
        catalog = AppCatalog(
            programs: programs, appsFolder: appsFolder,
            places: places ?? CatalogPlaces(dataFolder: "\(workFolder).catalog"), environment: environment,
            limits: catalogLimits, describeTime: limits.startTime, maximumManifests: limits.maximumManifests,
            user: user, threadPool: threadPool, logger: logger
        ) { [launcher, folders] plan, timeLimit in
            try await folders.with(label: "describe", for: plan) { folder in
                let configuration = launcher.configuration(plan: plan, arguments: ["describe"], folder: folder)
                return try await ManifestQuery(configuration: configuration, timeLimit: timeLimit, limits: limits).run()
            }
        } build: { [launcher, folders] plan, timeLimit, line in
            try await folders.with(label: "environment", for: plan) { folder in
                let configuration = launcher.configuration(plan: plan, folder: folder)
                return try await CommandRun(configuration: configuration, timeLimit: timeLimit).run(line: line)
            }
        }
        pool = WorkerPool(limits: limits)
        sessions = SessionWorkers(limits: limits)
        origins = TrustedOrigins()
        self.limits = limits
        self.logger = logger
    }

    /// Lets downloads within apps through to an origin, such as `http://127.0.0.1:8787`, beside public addresses. Workers
    /// that are started from now on are told.
    package func trust(origin: String) { origins.add(origin) }

    /// Whether workers have a file system of their own.
    package var isIsolated: Bool { launcher.confinement.isIsolated }

    /// All apps, in their current version.
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
        guard let entry = try await catalog.entry(version: job.versionID, of: job.app) else {
            throw AppFailure(message: "the app \(job.app) is no longer on this server in the version of the task")
        }
        let plan = try await catalog.prepared(entry) { await events(.log($0, kind: .build)) }
        for _ in 1..<Self.attempts {
            if let lease = try await attempt(job, entry, plan, events) { return lease }
        }
        if let lease = try await attempt(job, entry, plan, events) { return lease }
        throw Worker.endedBefore
    }

    /// A worker with folders for the task; nil if it died while it had no task.
    private func attempt(
        _ job: AppJob, _ entry: CatalogEntry, _ plan: LaunchPlan, _ events: @escaping @Sendable (AppEvent) async -> Void
    ) async throws -> WorkerLease? {
        let key = WorkerKey(job)
        let make: @Sendable () async throws -> Worker = { try await makeWorker(for: job, of: entry, plan) }
        let worker: Worker
        let giveBack: @Sendable () async -> Void
        if let session = job.session {
            let own = try await sessions.take(session, key, events: events, make: make)
            worker = own
            giveBack = { [sessions] in await sessions.giveBack(session, own) }
        } else {
            let (slot, own) = try await pool.take(
                key, concurrency: plan.concurrency, lane: job.isChat ? .chat : .ordinary, events: events, make: make)
            worker = own
            giveBack = { [pool] in await pool.giveBack(slot, own) }
        }
        do {
            let folder = try await worker.folder.makeTask(label: job.taskID)
            return WorkerLease(job: job, worker: worker, folder: folder, giveBack: giveBack)
        } catch {
            let isDead = !worker.isIdle
            await giveBack()
            guard isDead else { throw error }
            if job.session != nil { throw SessionWorkers.lost }
            return nil
        }
    }

    package func endSession(_ id: String) async { await sessions.end(id) }

    /// Ends all workers, and the making of environments, and returns when none is left. No task can be run any more.
    package func shutdown() async {
        async let made: Void = catalog.close()
        async let ended: Void = sessions.close()
        await pool.close()
        await ended
        await made
    }

    /// Removes the folders that workers left behind when the server died, and gives how many there were. For the start
    /// only, while no task runs.
    package func removeLeftovers() async throws -> Int { try await folders.removeAll() }

    private func makeWorker(for job: AppJob, of entry: CatalogEntry, _ plan: LaunchPlan) async throws -> Worker {
        let folder = try await folders.make(label: Identifier.short(entry.app.versionID), for: plan)
        let design = Worker.Design(
            plan: plan, setup: job.setup,
            identity: WorkerIdentity(
                appID: entry.app.id, versionID: entry.app.versionID, workerID: Identifier.random()),
            origins: origins.all)
        return Worker(design: design, folder: folder, launcher: launcher, limits: limits, logger: logger)
    }
}
