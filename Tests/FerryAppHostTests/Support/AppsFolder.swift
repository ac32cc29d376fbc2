// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Foundation
import Logging
import NIOPosix
import Synchronization

@testable import FerryAppHost

/// A folder of apps with a runner over it, removed afterwards. Environments outlive the tests, as they take minutes.
struct AppsFolder: Sendable {
    /// Where tests keep virtual environments, so that they are made once.
    static let environments = FileManager.default.currentDirectoryPath + "/.build/test-environments"

    let folder: String
    let apps: String
    /// Where this one's environments are.
    let environments: String
    let runner: ProcessAppRunner
    let log: LogLines

    static func with<Result>(
        limits: CatalogLimits = CatalogLimits(), environment: [String: String] = [:],
        environments: String = Self.environments, _ body: (AppsFolder) async throws -> Result
    ) async throws -> Result {
        let folder = NSTemporaryDirectory() + "/ferry-apps-tests-" + Identifier.random()
        try FileManager.default.createDirectory(atPath: folder + "/apps", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var places = CatalogPlaces(dataFolder: folder + "/data")
        places.environments = environments
        let log = LogLines()
        let runner = try await ProcessAppRunner(
            programs: [], appsFolder: folder + "/apps", places: places,
            environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
            catalogLimits: limits, workFolder: folder + "/work", isolation: .none,
            logger: Logger(label: "test") { _ in LogLinesHandler(lines: log) })
        return try await body(
            AppsFolder(folder: folder, apps: folder + "/apps", environments: environments, runner: runner, log: log))
    }

    var catalog: AppCatalog { runner.catalog }

    /// Writes files beneath a folder of that name and gives its path.
    @discardableResult
    func write(_ name: String, _ files: [String: String], executable: Set<String> = []) throws -> String {
        let folder = name.hasPrefix("/") ? name : apps + "/" + name
        for (path, text) in files {
            let full = folder + "/" + path
            try FileManager.default.createDirectory(
                atPath: (full as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try text.write(toFile: full, atomically: true, encoding: .utf8)
            if executable.contains(path) {
                try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: full)
            }
        }
        return folder
    }

    /// The entry of an app, waited for.
    func entry(_ name: String) async throws -> CatalogEntry {
        try await runner.prepareApps(name: name, namespace: nil)
        return try await eventually { try await catalog.current().first { $0.app.name == name } }
    }

    /// An `inf.yml`.
    static func settings(_ name: String, kernel: String, _ more: String = "") -> String {
        "namespace: test\nname: \(name)\nkernel: \(kernel)\n\(more)\n"
    }

    /// A program that describes itself as a Swift app does.
    static func program(_ name: String, version: String = "1") -> String {
        """
        #!/bin/sh
        echo asked >> "$HOME/asked"
        echo '[{"namespace":"made","name":"\(name)","version":"\(version)","description":"by itself",\
        "default_function":"run","functions":{"run":{"description":"d","input_schema":{"type":"object"},\
        "output_schema":null}},"setup_schema":{"type":"object","title":"Setup"}}]'
        """
    }
}

/// Lines of a log.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func append(_ line: String) { lines.withLock { $0.append(line) } }
}

struct LogLinesHandler: LogHandler {
    let lines: LogLines
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .debug

    init(lines: LogLines) { self.lines = lines }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { lines.append("\(event.level): \(event.message)") }
}
