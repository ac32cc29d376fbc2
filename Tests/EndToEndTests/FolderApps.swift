// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryTesting
import FerryWire
import Foundation

/// A server with the apps of `Tests/Apps`, which are written to the published conventions.
enum FolderApps {
    /// How long the making of an app's environment may take.
    private static let preparationLimit = Duration.seconds(300)

    /// Where Python environments are kept from test run to test run.
    private static var environments: URL { CLICommand.repository.appendingPathComponent(".build/test-environments") }

    /// Whether Node apps can be run here.
    static let hasNode = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
        FileManager.default.isExecutableFile(atPath: "\($0)/node")
    }

    /// Runs the body with a client of a server that has all apps of a language.
    static func with<Success: Sendable>(
        _ language: String, _ body: (Ferry) async throws -> Success
    ) async throws -> Success {
        let folder = try TestFolder()
        let data = try folder.folder("data")
        try FileManager.default.createDirectory(at: environments, withIntermediateDirectories: true)
        try folder.link("data/environments", to: environments.path)
        let apps = try folder.folder("apps")
        let source = CLICommand.repository.appendingPathComponent("Tests/Apps/\(language)")
        for name in try FileManager.default.contentsOfDirectory(atPath: source.path) {
            try folder.link("apps/\(name)", to: source.appendingPathComponent(name).path)
        }
        return try await withFerryServer(dataDirectory: data.path, arguments: ["--apps-dir", apps.path]) { ferry, _ in
            try await body(ferry)
        }
    }

    /// The app's record, once it can be run.
    @discardableResult
    static func ready(_ app: String, _ ferry: Ferry) async throws -> AppDTO {
        let deadline = ContinuousClock.now + preparationLimit
        while true {
            do {
                return try await ferry.apps.get(app)
            } catch let error as FerryError
                where error.isRetryable && error.status == nil && ContinuousClock.now < deadline
            {
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    /// What an app returns.
    static func output(
        _ app: String, _ input: InputValue, _ ferry: Ferry, options: RunOptions = RunOptions()
    ) async throws -> JSONValue {
        let reference = "tests/\(app)"
        try await ready(reference, ferry)
        let result = try await ferry.tasks.run(app: reference, input: input, options: options)
        return result.output
    }
}
