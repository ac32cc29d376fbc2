// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Logging
import NIOPosix

/// Which apps there are, and how each is started: those of the server's own programs, and those of the folder of apps.
///
/// The folder of apps is looked at when somebody asks: again after a ``CatalogLimits/scanInterval``, or when something
/// was put into it or taken out. An app that is new
/// there is made ready in the background; a list leaves it out until then, and who asks for it by name waits.
actor AppCatalog {
    private let builtins: BuiltinApps
    private let loader: VersionLoader
    private let appsFolder: String?
    private let limits: CatalogLimits
    private let threadPool: NIOThreadPool
    private let logger: Logger
    private var loadingBuiltins: SharedWork<[CatalogEntry]>?
    private var scan: AppFolderScan?
    private var found: [AppFolderScan.Found] = []
    private var scanned: (at: ContinuousClock.Instant, changed: Int64?)?
    private var scanning: SharedWork<AppFolderScan.Outcome>?
    private var loads: [String: VersionLoad] = [:]
    private var told: Set<String> = []

    /// - Parameters:
    ///   - programs: absolute paths of executables that speak the worker protocol and answer `describe`.
    ///   - appsFolder: the folder of apps; nil for none.
    ///   - places: where environments and the like are kept.
    ///   - environment: the server's own, for finding interpreters, for settings of `pip` and for secrets of apps.
    ///   - describeTime: how long one of the programs may take to say what its apps are.
    ///   - maximumManifests: most bytes of what a program says of its apps.
    ///   - user: the user that apps run as; nil for the server's own.
    ///   - describe: asks a program what its apps are.
    ///   - build: runs what installs an app's requirements.
    init(
        programs: [String], appsFolder: String?, places: CatalogPlaces, environment: [String: String],
        limits: CatalogLimits = CatalogLimits(), describeTime: Duration, maximumManifests: Int,
        user: AppUser?, threadPool: NIOThreadPool, logger: Logger, describe: @escaping AppDescribing,
        build: @escaping AppBuilding
    ) {
        builtins = BuiltinApps(
            programs: programs, environment: environment, limits: limits, describeTime: describeTime,
            maximumManifests: maximumManifests, threadPool: threadPool, logger: logger, describe: describe)
        let environments = PythonEnvironments(
            root: places.environments, environment: environment, timeLimit: limits.environmentTime, user: user,
            turns: Turns(limits.parallelLoads), threadPool: threadPool, build: build)
        let planner = KernelPlanner(
            places: places, environment: environment,
            pythons: PythonInterpreters(environment: environment, threadPool: threadPool),
            environments: environments, limits: limits, threadPool: threadPool, logger: logger)
        loader = VersionLoader(
            planner: planner, environments: environments, places: places, limits: limits,
            maximumManifests: maximumManifests, turns: Turns(limits.parallelLoads), threadPool: threadPool,
            logger: logger, describe: describe)
        self.appsFolder = appsFolder
        self.limits = limits
        self.threadPool = threadPool
        self.logger = logger
        scan = appsFolder.map { AppFolderScan(appsFolder: $0, limits: limits) }
    }

    /// All apps that can be run now, in their newest versions.
    ///
    /// - Throws: ``ServerError`` of code `unavailable` if a program of the server's own is missing or does not answer
    ///   as it should and there is nothing else; the next call tries again.
    func current() async throws -> [CatalogEntry] {
        var entries: [CatalogEntry] = []
        do {
            entries = try await builtinEntries()
        } catch let error as ServerError {
            if try await folders().isEmpty { throw error }
            tell("builtin", "\(error.message)")
        }
        let loads = try await folders().map { load($0) }
        let deadline = ContinuousClock.now + limits.listPatience
        while loads.contains(where: { $0.work.result == nil && !$0.progress.isBuilding }), .now < deadline {
            try await Task.sleep(for: .milliseconds(10))
        }
        for entry in loads.compactMap(\.entry) {
            if entries.contains(where: { $0.app.reference == entry.app.reference }) {
                tell(entry.app.reference, "two apps are called \(entry.app.reference); the first one is used")
            } else {
                entries.append(entry)
            }
        }
        return entries
    }

    /// A version of an app, waited for if it is not ready yet; nil if there is none.
    ///
    /// - Parameter version: its id, in full or short.
    /// - Throws: ``ServerError`` of code `unavailable` that says why it cannot be run, or that it cannot be found out
    ///   whether there is one.
    func entry(version: String, of app: String) async throws -> CatalogEntry? {
        func isMeant(_ id: String) -> Bool { id == version || Identifier.short(id) == version }
        var trouble: ServerError?
        do {
            if let builtin = try await builtinEntries().first(where: { $0.app.reference == app }) {
                return isMeant(builtin.app.versionID) ? builtin : nil
            }
        } catch let error as ServerError {
            trouble = error
        }
        if let found = try await folderEntry(app, version, isMeant) { return found }
        if let trouble { throw trouble }
        return nil
    }

    private func folderEntry(
        _ app: String, _ version: String, _ isMeant: (String) -> Bool
    ) async throws -> CatalogEntry? {
        let newest = try await folders().first { $0.reference == app }
        if let newest, isMeant(newest.versionID) { return try await load(newest).work.value() }
        let parts = app.split(separator: "/").map(String.init)
        guard let appsFolder, parts.count == 2, AppReference(app) != nil else { return nil }
        let kept = try await threadPool.runIfActive { [limits] in
            AppFolderScan.kept(version, of: (parts[0], parts[1]), in: appsFolder).first.map {
                AppFolderScan.version(at: $0, limits: limits)
            }
        }
        guard let kept else { return nil }
        let folder: AppFolder
        do {
            folder = try kept.get()
        } catch {
            throw ServerError(.unavailable, "the version \(version) of \(app) cannot be run: \(error)")
        }
        guard folder.reference == app else { return nil }
        return try await load(folder).work.value()
    }

    /// Waits until the apps of a name can be run.
    ///
    /// - Throws: ``ServerError`` of code `unavailable` that says why one of them cannot.
    func prepare(name: String, namespace: String?) async throws {
        _ = try await folders()
        for item in found {
            switch item.result {
            case .success(let folder):
                let settings = folder.settings
                guard settings.name == name, namespace == nil || settings.namespace == namespace else { continue }
                _ = try await load(folder).work.value()
            case .failure(let problem):
                guard item.name == name || item.name == "\(namespace ?? "").\(name)" else { continue }
                throw ServerError(.unavailable, "the app \(name) cannot be run on this server: \(problem)")
            }
        }
    }

    /// The plan of an entry with all that it needs in place.
    ///
    /// - Parameter log: gets the lines of the making, if something has to be made.
    /// - Throws: ``ServerError`` of code `unavailable`; `CancellationError`.
    func prepared(
        _ entry: CatalogEntry, log: @Sendable (String) async -> Void
    ) async throws -> LaunchPlan {
        guard let recipe = entry.recipe else { return entry.plan }
        do {
            try await loader.environments.make(recipe, log: log)
        } catch let problem as AppFolderProblem {
            throw ServerError(
                .unavailable, "the app \(entry.app.reference) cannot be run on this server: \(problem)", cause: problem)
        }
        return entry.plan
    }

    /// Stops what is being made ready, and returns when no program of it runs any more.
    func close() async {
        await loader.environments.close()
        for load in loads.values { await load.work.end() }
    }

    /// Forgets when the folder of apps was looked at last, because it has changed.
    func lookAgain() { scanned = nil }

    private func builtinEntries() async throws -> [CatalogEntry] {
        let work: SharedWork<[CatalogEntry]>
        if let loadingBuiltins {
            work = loadingBuiltins
        } else {
            work = SharedWork { [builtins] in try await builtins.load() }
            loadingBuiltins = work
        }
        do {
            return try await work.value()
        } catch {
            // A failure is not remembered.
            if loadingBuiltins === work, work.result != nil { loadingBuiltins = nil }
            throw error
        }
    }

    /// The folders that hold an app, as they are now.
    private func folders() async throws -> [AppFolder] {
        guard let scan else { return [] }
        if let scanned, ContinuousClock.now - scanned.at < limits.scanInterval {
            // Who has just deployed an app runs it next: what came and went counts at once.
            let folder = scan.appsFolder
            let changed = try await threadPool.runIfActive { AppFolderScan.changed(folder) }
            if changed == scanned.changed { return found.compactMap { try? $0.result.get() } }
        }
        let work: SharedWork<AppFolderScan.Outcome>
        if let scanning {
            work = scanning
        } else {
            let threadPool = threadPool
            let loaded = Set(loads.values.map(\.path))
            work = SharedWork {
                try await threadPool.runIfActive {
                    var scan = scan
                    let changed = AppFolderScan.changed(scan.appsFolder)
                    let found = scan.look()
                    return AppFolderScan.Outcome(
                        scan: scan, found: found, gone: AppFolderScan.gone(of: loaded), changed: changed)
                }
            }
            scanning = work
        }
        let outcome = try await work.value()
        if scanning === work {
            scanning = nil
            self.scan = outcome.scan
            scanned = (.now, outcome.changed)
            found = outcome.found
            settle(outcome.gone)
        }
        return found.compactMap { try? $0.result.get() }
    }

    /// Tells of folders that are broken, and forgets versions that nobody can ask for any more.
    private func settle(_ gone: Set<String>) {
        for item in found {
            if case .failure(let problem) = item.result {
                tell(item.name, "the app in \(item.name) cannot be run: \(problem)")
            }
        }
        let present = Set(found.compactMap { try? $0.result.get() }.map(Self.key))
        loads = loads.filter {
            present.contains($0.key) || $0.value.work.result == nil
                || $0.key.contains("/\(AppFolderScan.versionsName)/") && !gone.contains($0.value.path)
        }
    }

    private static func key(_ folder: AppFolder) -> String { "\(folder.versionID) \(folder.path)" }

    private func load(_ folder: AppFolder) -> VersionLoad {
        let key = Self.key(folder)
        if let load = loads[key], !load.isStale(after: limits.retryTime) { return load }
        let progress = LoadProgress()
        let load = VersionLoad(
            path: folder.path, work: SharedWork { [loader] in try await loader.load(folder, progress: progress) },
            progress: progress)
        loads[key] = load
        return load
    }

    /// Logs an error once.
    private func tell(_ key: String, _ text: String) {
        if told.insert("\(key) \(text)").inserted { logger.error("\(text)") }
    }
}
