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

/// Finds out how the app of a folder is started.
struct KernelPlanner: Sendable {
    /// What variables of the server's environment begin with that hold secrets for apps.
    static let secretPrefix = "FERRY_SECRET_"

    let places: CatalogPlaces
    /// The server's own.
    let environment: [String: String]
    let pythons: PythonInterpreters
    let environments: PythonEnvironments
    let limits: CatalogLimits
    let threadPool: NIOThreadPool
    let logger: Logger

    struct Planned: Sendable {
        var plan: LaunchPlan
        var recipe: PythonRecipe?
        /// What its description depends on beside the version.
        var runner: String
    }

    /// - Throws: ``AppFolderProblem``, `SystemFailure`.
    func plan(_ app: AppFolder) async throws -> Planned {
        let settings = app.settings
        var plan = LaunchPlan(
            program: "", arguments: [], appReference: app.reference, codeFolder: app.path,
            environment: settings.environment, readable: [app.path], memory: settings.memory,
            concurrency: settings.gpuCount > 0 ? 1 : limits.concurrency)
        for secret in settings.secrets {
            if let value = environment[Self.secretPrefix + secret.key] {
                plan.environment[secret.key] = value
            } else if !secret.isOptional {
                logger.warning(
                    "the app \(app.reference) asks for a secret: start the server with \(Self.secretPrefix)\(secret.key)"
                )
            }
        }
        switch settings.kernel {
        case .python(let minor): return try await python(app, plan, minor: minor)
        case .node(let major): return try await node(app, plan, major: major)
        case .swift: return try await swift(app, plan)
        }
    }

    private func python(_ app: AppFolder, _ plan: LaunchPlan, minor: Int?) async throws -> Planned {
        let interpreter = try await pythons.nearest(to: minor)
        if let minor, interpreter.minor != minor {
            logger.notice(
                "the app \(app.reference) prefers Python 3.\(minor); it runs with \(interpreter.version), the nearest here"
            )
        }
        let (runner, requirements, missing) = try await threadPool.runIfActive { [limits, places] in
            let runner = try PythonRunner.files.install(into: places.runners)
            let packages = Folders.contents("\(app.path)/packages.txt", upTo: limits.maximumRequirements) ?? []
            return (
                runner, Folders.contents("\(app.path)/requirements.txt", upTo: limits.maximumRequirements),
                DebianPackages.missing(DebianPackages.names(packages))
            )
        }
        if !missing.isEmpty {
            logger.warning(
                "the app \(app.reference) asks for packages of the system: apt-get install \(missing.joined(separator: " "))"
            )
        }
        let recipe = PythonRecipe(
            interpreter: interpreter, requirements: requirements, folder: app.path, reference: app.reference,
            versionID: app.versionID)
        let place = environments.path(of: recipe)
        var plan = plan
        plan.program = "\(place)/bin/python"
        plan.arguments = ["\(runner)/\(PythonRunner.files.start)", app.path, app.reference]
        plan.readable += [runner, place, interpreter.prefix]
        let base = [
            "VIRTUAL_ENV": place, "PATH": "\(place)/bin:/usr/local/bin:/usr/bin:/bin", "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        ]
        plan.environment.merge(base) { own, _ in own }
        return Planned(plan: plan, recipe: recipe, runner: PythonRunner.files.identifier)
    }

    private func node(_ app: AppFolder, _ plan: LaunchPlan, major: Int?) async throws -> Planned {
        let interpreter = try await NodeInterpreter.find(environment: environment, threadPool: threadPool)
        if let major, interpreter.major != major {
            logger.notice(
                "the app \(app.reference) prefers Node \(major); it runs with \(interpreter.major), which is here")
        }
        let runner = try await threadPool.runIfActive { [places] in
            try NodeRunner.files.install(into: places.runners)
        }
        var plan = plan
        plan.program = "/bin/sh"
        plan.arguments = [
            "-c", NodeRunner.shell, "ferry-node", interpreter.path, "\(runner)/\(NodeRunner.files.start)", app.path,
            app.reference,
        ]
        plan.readable += [runner, Folders.split(interpreter.path).parent]
        return Planned(plan: plan, runner: NodeRunner.files.identifier)
    }

    private func swift(_ app: AppFolder, _ plan: LaunchPlan) async throws -> Planned {
        let name = app.settings.name
        let candidates = app.settings.executable.map { [$0] } ?? ["bin/\(name)", name]
        let found = try await threadPool.runIfActive {
            candidates.first { candidate in
                var facts = stat()
                let path = "\(app.path)/\(candidate)"
                return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
            }
        }
        guard let found else {
            throw AppFolderProblem(
                "it has no executable \(candidates.joined(separator: " or ")); build it, put it there and chmod +x it")
        }
        var plan = plan
        plan.program = "\(app.path)/\(found)"
        if let runtime = SwiftRuntime.folder { plan.readable.append(runtime) }
        return Planned(plan: plan, runner: "swift")
    }
}
