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

/// The apps of programs that belong to the server; the programs are asked once.
struct BuiltinApps: Sendable {
    let programs: [String]
    /// The server's own, which holds the secrets of apps.
    let environment: [String: String]
    let limits: CatalogLimits
    /// How long a program may take to say what its apps are.
    let describeTime: Duration
    /// Most bytes of what it says.
    let maximumManifests: Int
    let threadPool: NIOThreadPool
    let logger: Logger
    let describe: AppDescribing

    /// - Throws: ``ServerError`` of code `unavailable` if a program is missing or does not answer as it should.
    func load() async throws -> [CatalogEntry] {
        var entries: [CatalogEntry] = []
        for program in programs {
            for entry in try await apps(of: program) {
                if entries.contains(where: { $0.app.reference == entry.app.reference }) {
                    logger.warning("two programs hold the app \(entry.app.reference); the first one is used")
                } else {
                    entries.append(entry)
                }
            }
        }
        return entries
    }

    private func apps(of program: String) async throws -> [CatalogEntry] {
        guard let changed = try await modificationTime(of: program) else {
            throw Self.unavailable(program, "is missing or not executable; install it beside the server's program")
        }
        let answer: ManifestQuery.Answer
        do {
            answer = try await describe(plan(program, reference: ""), describeTime)
        } catch {
            throw Self.unavailable(program, "could not be started", cause: error)
        }
        switch answer {
        case .text(let bytes):
            do {
                let found = try AppManifests.described(bytes, at: changed, maximumBytes: maximumManifests)
                logger.debug("\(Self.name(of: program)) holds \(found.map(\.app.reference).joined(separator: ", "))")
                return found.map { described in
                    CatalogEntry(
                        app: described.app,
                        plan: plan(program, reference: described.app.reference, secrets: described.secrets),
                        setupSchema: described.setupSchema)
                }
            } catch {
                throw Self.unavailable(program, "does not describe its apps properly", cause: error)
            }
        case .failure(let reason, let log):
            logger.error("\(program) \(reason)", metadata: ["output": "\(log)"])
            throw Self.unavailable(program, reason)
        }
    }

    private func plan(_ program: String, reference: String, secrets: [String] = []) -> LaunchPlan {
        let given = secrets.compactMap { name in environment[KernelPlanner.secretPrefix + name].map { (name, $0) } }
        return LaunchPlan(
            program: program, arguments: [], appReference: reference, codeFolder: nil,
            environment: Dictionary(given) { first, _ in first },
            readable: SwiftRuntime.folder.map { [$0] } ?? [], memory: nil,
            concurrency: limits.concurrency)
    }

    /// When the program last changed; nil unless it is a regular file that may be executed.
    private func modificationTime(of program: String) async throws -> Timestamp? {
        try await threadPool.runIfActive {
            var facts = stat()
            guard stat(program, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG, access(program, X_OK) == 0 else {
                return nil
            }
            return Timestamp(seconds: facts.changed / 1_000_000_000)
        }
    }

    private static func name(of program: String) -> String { Folders.split(program).name }

    private static func unavailable(_ program: String, _ reason: String, cause: (any Error)? = nil) -> ServerError {
        ServerError(.unavailable, "apps cannot be run: the program \(name(of: program)) \(reason)", cause: cause)
    }
}
