// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Foundation
import Logging
import Synchronization

@testable import FerryAppHost

/// A runner whose one program is a shell script, in a folder that is removed afterwards.
struct ScriptedHost: Sendable {
    static let task = "task1"
    static let manifest = """
        [{"namespace":"test","name":"app","version":"1","description":"for tests","category":"other",\
        "default_function":"run","functions":{"run":{"description":"d","input_schema":{"type":"object"},\
        "output_schema":{"type":"object"}}}}]
        """

    let folder: String
    let runner: ProcessAppRunner

    /// What a script can call: `greet` says hello and waits for the task, `reply` sends a message of the task.
    private static let prelude = """
        #!/bin/sh
        greet() {
            read -r hello
            echo '{"type":"hello","protocol":1,"apps":["test/app"]}'
            read -r run
        }
        reply() { printf '{"type":"%s","task":"\(task)"%s}\\n' "$1" "${2:+,$2}"; }
        home=$(dirname "$0")

        """

    /// Limits that a test can wait for.
    static var quick: AppHostLimits {
        var limits = AppHostLimits()
        limits.startTime = .seconds(20)
        limits.taskTime = .seconds(30)
        limits.stopTime = .milliseconds(300)
        limits.exitTime = .seconds(10)
        return limits
    }

    /// Runs the body with an app that executes `script`; `describe` answers with ``manifest`` unless told.
    @discardableResult
    static func with<Result>(
        _ script: String, describe: String? = nil, limits: AppHostLimits = quick,
        _ body: (ScriptedHost) async throws -> Result
    ) async throws -> Result {
        let folder = NSTemporaryDirectory() + "/ferry-host-tests-" + Identifier.random()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let answer = describe ?? "cat <<'EOF'\n\(manifest)\nEOF\n"
        let text = "\(prelude)if [ \"$1\" = describe ]; then\n\(answer)\nexit\nfi\n\(script)\n"
        try text.write(toFile: folder + "/program", atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder + "/program")
        let runner = ProcessAppRunner(
            programs: [folder + "/program"], workFolder: folder + "/work", limits: limits,
            searchPath: "/usr/bin:/bin", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        return try await body(ScriptedHost(folder: folder, runner: runner))
    }

    var job: AppJob { .sample(Self.task) }

    /// Runs the app once in a workspace of its own.
    func run(events: Events = Events()) async throws -> JSONValue {
        try await withLease { try await $0.run(input: ["n": 1]) { events.append($0) } }
    }

    func withLease<Result>(_ body: (any AppLease) async throws -> Result) async throws -> Result {
        let lease = try await runner.lease(for: job) { _ in }
        do {
            let result = try await body(lease)
            await lease.release()
            return result
        } catch {
            await lease.release()
            throw error
        }
    }

    func withWorkspace<Result>(_ body: (any TaskWorkspace) async throws -> Result) async throws -> Result {
        try await withLease { try await body($0.workspace) }
    }

    /// The failure that a run ends with; nil if it ends well.
    func failure(events: Events = Events()) async throws -> AppFailure? {
        do {
            _ = try await run(events: events)
            return nil
        } catch let failure as AppFailure {
            return failure
        }
    }

    /// What a script wrote beside itself, once it is there.
    func note(_ name: String) async throws -> String {
        try await eventually { try? String(contentsOfFile: folder + "/" + name, encoding: .utf8) }
    }

    /// The names in the work folder.
    var leftovers: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder + "/work")) ?? []
    }
}

extension AppJob {
    static func sample(_ task: String, app: String = "test/app") -> AppJob {
        AppJob(taskID: task, app: app, versionID: "v", function: "run", teamID: "team", userID: "user")
    }
}

/// What an app told, in order.
final class Events: Sendable {
    private let state = Mutex<[AppEvent]>([])

    func append(_ event: AppEvent) { state.withLock { $0.append(event) } }

    var all: [AppEvent] { state.withLock { $0 } }

    /// All log text.
    var log: String {
        all.map { if case .log(let text, _) = $0 { text } else { "" } }.joined()
    }
}

struct NeverHappened: Error {}

/// Looks again and again until there is a value, for at most 20 seconds.
func eventually<Value>(_ look: () async throws -> Value?) async throws -> Value {
    let deadline = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < deadline {
        if let value = try await look() { return value }
        try await Task.sleep(for: .milliseconds(5))
    }
    throw NeverHappened()
}

/// Whether a process runs; one that only waits to be reaped does not.
func isRunning(_ pid: Int32) -> Bool {
    guard kill(pid, 0) == 0 else { return false }
    guard let facts = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else {
        return kill(pid, 0) == 0
    }
    return !(facts.split(separator: ") ").last ?? "").hasPrefix("Z")
}
