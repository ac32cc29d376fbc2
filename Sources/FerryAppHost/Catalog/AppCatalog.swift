// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Logging
import NIOPosix

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A version of an app and how it is started.
struct CatalogEntry: Sendable {
    let app: AppDTO
    let plan: LaunchPlan
    let setupSchema: JSONValue?
}

/// Which apps there are and which program holds each; the programs are asked once.
actor AppCatalog {
    typealias Entry = CatalogEntry

    private let programs: [String]
    private let launcher: AppLauncher
    private let folders: WorkFolders
    private let limits: AppHostLimits
    private let threadPool: NIOThreadPool
    private let logger: Logger
    private var loading: Task<[Entry], any Error>?

    init(
        programs: [String], launcher: AppLauncher, folders: WorkFolders, limits: AppHostLimits,
        threadPool: NIOThreadPool, logger: Logger
    ) {
        self.programs = programs
        self.launcher = launcher
        self.folders = folders
        self.limits = limits
        self.threadPool = threadPool
        self.logger = logger
    }

    /// A version of an app, by its id or the beginning of it.
    func entry(version: String, of app: String) async throws -> CatalogEntry? {
        try await current().first {
            $0.app.reference.utf8.elementsEqual(app.utf8)
                && [$0.app.versionID, Identifier.short($0.app.versionID)].contains(version)
        }
    }

    /// What a version is started with, once it is ready for it.
    func prepared(_ entry: CatalogEntry, log: @Sendable (String) async -> Void) async throws -> LaunchPlan {
        entry.plan
    }

    /// All apps. Callers at the same time share one asking; it is not cancelled with one of them, and takes no longer
    /// than the limits allow. A failure is not remembered.
    func current() async throws -> [Entry] {
        if let loading { return try await loading.value }
        let task = Task { try await self.load() }
        loading = task
        do {
            return try await task.value
        } catch {
            if loading == task { loading = nil }
            throw error
        }
    }

    private func load() async throws -> [Entry] {
        var entries: [Entry] = []
        for program in programs {
            for app in try await describe(program) {
                if entries.contains(where: { $0.app.reference == app.reference }) {
                    logger.warning("two programs hold the app \(app.reference); the first one is used")
                } else {
                    let plan = LaunchPlan(
                        program: program, arguments: [], appReference: app.reference, codeFolder: nil, environment: [:],
                        readable: [], memory: nil, concurrency: limits.maximumWorkers)
                    entries.append(Entry(app: app, plan: plan, setupSchema: nil))
                }
            }
        }
        return entries
    }

    private func describe(_ program: String) async throws -> [AppDTO] {
        guard let changed = try await modificationTime(of: program) else {
            throw Self.unavailable(program, "is missing or not executable; install it beside the server's program")
        }
        let folder = try await folders.make(label: "describe")
        let answer: ManifestQuery.Answer
        do {
            answer = try await ManifestQuery(program: program, folder: folder, launcher: launcher, limits: limits).run()
        } catch {
            await folder.remove()
            throw Self.unavailable(program, "could not be started", cause: error)
        }
        await folder.remove()
        switch answer {
        case .text(let bytes):
            do {
                let apps = try AppManifests.parse(bytes, at: changed, maximumBytes: limits.maximumManifests)
                logger.debug("\(Self.name(of: program)) holds \(apps.map(\.reference).joined(separator: ", "))")
                return apps
            } catch {
                throw Self.unavailable(program, "does not describe its apps properly", cause: error)
            }
        case .failure(let reason, let log):
            logger.error("\(program) \(reason)", metadata: ["output": "\(log)"])
            throw Self.unavailable(program, reason)
        }
    }

    /// When the program last changed; nil unless it is a regular file that may be executed.
    private func modificationTime(of program: String) async throws -> Timestamp? {
        try await threadPool.runIfActive {
            var facts = stat()
            guard stat(program, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG, access(program, X_OK) == 0 else {
                return nil
            }
            #if canImport(Darwin)
            return Timestamp(seconds: Int64(facts.st_mtimespec.tv_sec))
            #else
            return Timestamp(seconds: Int64(facts.st_mtim.tv_sec))
            #endif
        }
    }

    private static func name(of program: String) -> String {
        program.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) } ?? program
    }

    private static func unavailable(_ program: String, _ reason: String, cause: (any Error)? = nil) -> ServerError {
        ServerError(.unavailable, "apps cannot be run: the program \(name(of: program)) \(reason)", cause: cause)
    }
}
