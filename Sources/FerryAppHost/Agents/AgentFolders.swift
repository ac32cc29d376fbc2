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

    /// Two folders with one agent.
    private struct Twins: Hashable {
        var reference: String
        var used: String
        var unused: String
        /// How the two files were.
        var stamps: [Int64]
    }

    private struct State {
        var folders: [String: Known] = [:]
        /// Those that were told of.
        var twins = Set<Twins>()
    }

    private let folder: String
    private let limits: CatalogLimits
    private let logger: Logger
    private let threads: NIOThreadPool
    private let state = Mutex(State())

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
        let before = state.withLock { $0.folders }
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
        let (templates, twins) = Self.unique(seen)
        let news = state.withLock { state in
            let news = twins.subtracting(state.twins)
            state = State(folders: seen, twins: twins)
            return news
        }
        for twins in news.sorted(by: { $0.unused < $1.unused }) {
            logger.warning(
                "two folders hold one agent; only the first is used, give the other another name",
                metadata: [
                    "agent": "\(twins.reference)", "folder": "\(twins.used)", "unused": "\(twins.unused)",
                ])
        }
        return templates
    }

    /// Of two of one name the first counts, as with apps.
    private static func unique(_ seen: [String: Known]) -> ([AgentTemplate], Set<Twins>) {
        var templates: [AgentTemplate] = []
        var twins = Set<Twins>()
        var folders: [String: String] = [:]
        for (folder, known) in seen.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            guard let template = known.template else { continue }
            guard let used = folders[template.reference] else {
                folders[template.reference] = folder
                templates.append(template)
                continue
            }
            twins.insert(
                Twins(
                    reference: template.reference, used: used, unused: folder,
                    stamps: (seen[used]?.stamp ?? []) + known.stamp))
        }
        return (templates, twins)
    }

    private func template(_ name: String, _ path: String) -> AgentTemplate? {
        do throws(AppFolderProblem) {
            guard let bytes = Folders.contents(path, upTo: limits.maximumAgentSettings) else {
                throw AppFolderProblem(
                    "agent.yml cannot be read or is longer than \(limits.maximumAgentSettings) bytes")
            }
            let settings = try AgentSettings(yaml: bytes)
            if let warning = settings.warning {
                logger.warning("a key of agent.yml \(warning)", metadata: ["folder": "\(name)"])
            }
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
