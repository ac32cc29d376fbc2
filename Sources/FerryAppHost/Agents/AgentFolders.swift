// SPDX-License-Identifier: Apache-2.0

package import FerryServerCore
import FerryWire
package import Logging
package import NIOPosix
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Templates of agents: the folders with an `agent.yml` in the folder of apps. What did not change is not read again.
package final class AgentFolders: AgentCatalog {
    private struct Known {
        var stamp: [Int64]
        var template: AgentTemplate?
    }

    private let folder: String
    private let limits: CatalogLimits
    private let logger: Logger
    private let threads: NIOThreadPool
    private let known = Mutex<[String: Known]>([:])

    /// - Parameter threads: where files are read.
    package init(
        folder: String, limits: CatalogLimits = CatalogLimits(), threads: NIOThreadPool = .singleton, logger: Logger
    ) {
        self.folder = folder
        self.limits = limits
        self.threads = threads
        self.logger = logger
    }

    package func agents() async throws -> [AgentTemplate] {
        try await threads.runIfActive { self.look() }
    }

    /// Looks at all folders. Blocks. One that says nothing usable is left out, and the log says why, once.
    private func look() -> [AgentTemplate] {
        guard let root = Folders.resolved(folder) else { return [] }
        let names = (try? Folders.names(in: root, upTo: limits.maximumApps)) ?? []
        let before = known.withLock { $0 }
        var seen: [String: Known] = [:]
        for name in names where name.utf8.first != UInt8(ascii: ".") {
            let path = "\(root)/\(name)/\(AgentSettings.filename)"
            var facts = stat()
            guard stat(path, &facts) == 0 else { continue }
            let stamp = [facts.changed, Int64(facts.st_size), Int64(facts.st_ino)]
            if let old = before[name], old.stamp == stamp {
                seen[name] = old
            } else {
                seen[name] = Known(stamp: stamp, template: template(name, path))
            }
        }
        known.withLock { $0 = seen }
        let templates = seen.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.compactMap(\.value.template)
        // Of two of one name the first counts, as with apps.
        var references = Set<String>()
        return templates.filter { references.insert($0.reference).inserted }
    }

    private func template(_ name: String, _ path: String) -> AgentTemplate? {
        do throws(AppFolderProblem) {
            guard let bytes = Folders.contents(path, upTo: limits.maximumAgentSettings) else {
                throw AppFolderProblem(
                    "agent.yml cannot be read or is longer than \(limits.maximumAgentSettings) bytes")
            }
            let settings = try AgentSettings(yaml: bytes)
            let reference = "\(settings.namespace)/\(settings.name)"
            return AgentTemplate(
                id: StableIdentifier.make("agent/\(reference)"), versionID: StableIdentifier.make(bytes),
                namespace: settings.namespace, name: settings.name, config: settings.config)
        } catch {
            logger.warning("an agent cannot be used", metadata: ["folder": "\(name)", "why": "\(error)"])
            return nil
        }
    }
}
