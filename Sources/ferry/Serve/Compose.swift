// SPDX-License-Identifier: Apache-2.0

import FerryAppHost
import FerryBlobDisk
import FerryFetch
import FerryMagic
import FerryMetadataSQLite
import FerryServerCore
import FerryServerHTTP
import FerryWeb
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import UnixSignals

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The composition root: the one place where rules meet drivers.
enum Compose {
    /// Serves until a signal or idleness ends it.
    static func serve(
        _ settings: ServeSettings, _ directory: DataDirectory, environment: [String: String]
    ) async throws {
        // A write past a limit or to a closed socket is an error to handle, not a reason to die.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        try directory.prepare()
        let lock = try await serverLock(directory)
        ServerFile.clear(lock)
        let logger = Self.logger(settings)
        let ownRootKey = try self.ownRootKey(environment)
        let rootKey = try ownRootKey ?? directory.rootKey()

        let metadata = try SQLiteMetadata(path: directory.metadata)
        let blobs = try DiskBlobStore(root: directory.blobs, threadPool: .singleton)
        let hosting = try AppHosting(settings, directory)
        let apps = try await hosting.runner(directory, environment: environment, logger: logger)
        _ = try await apps.removeLeftovers()
        let deployer =
            settings.allowsDeployment
            ? apps.deployer(appsDirectory: hosting.appsDirectory, stagingFolder: directory.path + "/deploy") : nil
        _ = try await deployer?.removeLeftovers()
        let limits = ServerLimits()
        let services = try await ServerServices(
            drivers: .init(
                blobs: blobs, files: metadata, tasks: metadata, queue: metadata, taskFiles: metadata,
                outbox: metadata, access: metadata, secrets: metadata, apps: apps, bus: LocalEventBus(),
                sessions: metadata, chats: metadata,
                agents: AgentFolders(folder: hosting.appsDirectory, logger: logger),
                contentTypes: contentTypes(logger), web: web(settings, limits), deployer: deployer),
            rootKey: rootKey, isAlone: true, limits: limits, logger: logger)
        try await services.recover(blobs: blobs)

        let activity = ActivityMonitor()
        let host = settings.host
        let server = FerryHTTPServer(
            configuration: .init(host: host, port: settings.port, publicURL: settings.publicURL),
            services: services, activity: activity, logger: logger
        ) { port in
            let shown = host.contains(":") ? "[\(host)]" : host
            apps.trust(origin: settings.publicURL ?? "http://\(shown):\(port)")
            let local = ["0.0.0.0", "::"].contains(host) ? "127.0.0.1" : shown
            do {
                let file = ServerFile(
                    url: "http://\(local):\(port)", pid: Int64(getpid()), hasOwnRootKey: ownRootKey != nil,
                    appsDirectory: hosting.appsDirectory,
                    secrets: settings.idleExit == nil ? nil : AppSecrets.mark(of: environment, key: rootKey) ?? "")
                try file.write(to: lock)
            } catch {
                logger.error("commands will not find this server", metadata: ["error": "\(error)"])
            }
            let line = "ferry: listening on http://\(shown):\(port)\n"
            _ = line.withCString { write(1, $0, strlen($0)) }
        }
        do {
            try await run(settings, directory, services, metadata, server, activity, logger)
        } catch {
            await apps.shutdown()
            throw error
        }
        await apps.shutdown()
        ServerFile.clear(lock)
        try metadata.close()
    }

    /// The web beyond this server, as far as strangers' addresses may lead.
    private static func web(_ settings: ServeSettings, _ limits: ServerLimits) -> WebDriver {
        var policy = FetchPolicy()
        policy.allowedNetworks = settings.allowedNetworks
        policy.ports.formUnion(settings.allowedPorts)
        policy.limits.maximumSize = limits.maximumForeignFileSize
        policy.limits.postTime = .seconds(limits.webhookTimeout)
        return WebDriver(fetcher: GuardedFetcher(policy: policy))
    }

    /// What tells media types from bytes: the system's data base, or what we know ourselves where there is none.
    private static func contentTypes(_ logger: Logger) -> any ContentTypeDetector {
        do throws(MagicUnavailable) {
            return try MagicTypeDetector(threadPool: .singleton)
        } catch {
            logger.warning("media types are told by built-in signatures alone", metadata: ["error": "\(error)"])
            return SignatureTypeDetector()
        }
    }

    /// The lock of the one server on a data folder. Commands that look whether it is taken hold it for a moment.
    private static func serverLock(_ directory: DataDirectory) async throws -> FileLock {
        do {
            return try await FileLock.wait(directory.serverFile, .exclusive, timeout: .seconds(2))
        } catch is LocalFailure {
            throw LocalFailure("another server runs on \(directory.path); stop it, or give another --data-dir")
        }
    }

    private static func run(
        _ settings: ServeSettings, _ directory: DataDirectory, _ services: ServerServices, _ metadata: SQLiteMetadata,
        _ server: FerryHTTPServer, _ activity: ActivityMonitor, _ logger: Logger
    ) async throws {
        // Shut down in reverse order: tasks go back to the queue first, then the last answers go out.
        var parts: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(service: server), .init(service: services.dispatcher), .init(service: services.chatDriver),
            .init(service: services.sweeper),
            .init(service: services.webhooks), .init(service: services.sessionSweeper),
        ]
        if let seconds = settings.idleExit {
            let idleExit = IdleExit(
                limit: .seconds(seconds), directory: directory, activity: activity, tasks: services.tasks,
                chats: services.chats, sessions: metadata, outbox: metadata)
            parts.append(.init(service: idleExit, successTerminationBehavior: .gracefullyShutdownGroup))
        }
        var configuration = ServiceGroupConfiguration(
            services: parts, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(settings.drainTimeout)
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch let error as IOError {
            throw Self.cannotListen(settings, error)
        } catch is CancellationError {
            logger.warning("transfers still under way after the drain timeout were cut")
        }
    }

    private static func cannotListen(_ settings: ServeSettings, _ error: IOError) -> LocalFailure {
        let address = "\(settings.host):\(settings.port)"
        switch error.errnoCode {
        case EADDRINUSE:
            return LocalFailure("\(address) is in use by another program; give another --port, or 0 for any free one")
        case EADDRNOTAVAIL:
            return LocalFailure("\(settings.host) is no address of this machine; give another --host")
        case EACCES: return LocalFailure("no permission to listen on \(address); give a --port above 1023")
        default: return LocalFailure("cannot listen on \(address): \(String(cString: strerror(error.errnoCode)))")
        }
    }

    private static func ownRootKey(_ environment: [String: String]) throws(LocalFailure) -> String? {
        guard let key = environment["FERRY_ROOT_KEY"], !key.isEmpty else { return nil }
        guard key.utf8.starts(with: "inf_".utf8), key.utf8.allSatisfy({ (0x21..<0x7F).contains($0) }) else {
            throw LocalFailure("FERRY_ROOT_KEY must begin with inf_ and hold visible ASCII characters only")
        }
        return key
    }

    private static func logger(_ settings: ServeSettings) -> Logger {
        let isJSON = settings.isLogJSON
        var logger = Logger(label: "ferry") { label -> any LogHandler in
            if isJSON { JSONLogHandler(label: label) } else { StreamLogHandler.standardError(label: label) }
        }
        logger.logLevel = settings.logLevel
        return logger
    }
}
