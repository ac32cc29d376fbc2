// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Logging
import NIOPosix

/// Asks a program what its apps are, in a process confined as its workers are.
typealias AppDescribing = @Sendable (LaunchPlan, _ timeLimit: Duration) async throws -> ManifestQuery.Answer

/// Makes what a folder holds ready to be listed: its environment, then what it says of itself, once a version.
struct VersionLoader: Sendable {
    let planner: KernelPlanner
    let environments: PythonEnvironments
    let places: CatalogPlaces
    let limits: CatalogLimits
    /// Most bytes of what a program says of its apps.
    let maximumManifests: Int
    /// Bounds how many apps are asked at the same time.
    let turns: Turns
    let threadPool: NIOThreadPool
    let logger: Logger
    let describe: AppDescribing

    /// - Throws: ``ServerError`` of code `unavailable` that says why the app cannot be run.
    func load(_ folder: AppFolder, progress: LoadProgress) async throws -> CatalogEntry {
        do {
            return try await entry(folder, progress)
        } catch {
            progress.fail()
            let shown = Self.problem(error, folder, places)
            logger.error("the app \(folder.reference) cannot be run: \(shown)", metadata: ["cause": "\(error)"])
            throw ServerError(
                .unavailable, "the app \(folder.reference) cannot be run on this server: \(shown)", cause: error)
        }
    }

    /// What callers may know, without paths of the server.
    private static func problem(_ error: any Error, _ folder: AppFolder, _ places: CatalogPlaces) -> String {
        switch error {
        case let problem as AppFolderProblem:
            var text = problem.description
            for path in [folder.path, places.environments, places.runners] {
                text = text.replacing("\(path)/", with: "")
            }
            return text
        case is JSONSyntaxError, is WireFormatError: return "it does not describe itself properly: \(error)"
        default: return "the server's log says why"
        }
    }

    private func entry(_ folder: AppFolder, _ progress: LoadProgress) async throws -> CatalogEntry {
        let planned = try await planner.plan(folder)
        let cached = "\(places.manifests)/\(folder.versionID)-\(Identifier.short(planned.runner)).json"
        let known = try await threadPool.runIfActive { [maximumManifests] in
            Folders.contents(cached, upTo: maximumManifests)
        }
        if let known, let entry = try? entry(folder, planned, known) { return entry }
        if let recipe = planned.recipe {
            let isReady = try await environments.isReady(recipe)
            if !isReady {
                progress.building(true)
                defer { progress.building(false) }
                try await environments.make(recipe) { line in
                    logger.info("\(line)", metadata: ["app": "\(folder.reference)", "kind": "build"])
                }
            }
        }
        let bytes = try await answer(planned.plan)
        let entry = try entry(folder, planned, bytes)
        try await threadPool.runIfActive { [places] in
            try Folders.make(places.manifests, mode: 0o700)
            try Folders.put(bytes, to: cached, mode: 0o600)
        }
        return entry
    }

    private func answer(_ plan: LaunchPlan) async throws -> [UInt8] {
        let answer = try await turns.run { try await describe(plan, limits.describeTime) }
        switch answer {
        case .text(let bytes): return bytes
        case .failure(let reason, let log):
            let last = log.split(whereSeparator: \.isNewline).last.map { ": \($0)" } ?? ""
            throw AppFolderProblem("asked what it is, its program \(reason)\(last)")
        }
    }

    private func entry(
        _ folder: AppFolder, _ planned: KernelPlanner.Planned, _ bytes: [UInt8]
    ) throws -> CatalogEntry {
        let (described, reference) = try AppManifests.app(of: folder, bytes, maximumBytes: maximumManifests)
        var plan = planned.plan
        if !reference.isEmpty { plan.appReference = reference }
        return CatalogEntry(
            app: described.app, plan: plan, setupSchema: described.setupSchema, recipe: planned.recipe)
    }
}
