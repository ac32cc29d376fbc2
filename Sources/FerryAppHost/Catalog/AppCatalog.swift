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

/// Which apps there are and which program holds each; the programs are asked once.
actor AppCatalog {
    struct Entry: Sendable {
        let app: AppDTO
        let program: String
    }

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

    /// All apps. Callers at the same time share one asking; it is not cancelled with one of them, and takes no longer
    /// than the limits allow. A failure is not remembered.
    func entries() async throws -> [Entry] {
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
                    entries.append(Entry(app: app, program: program))
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
