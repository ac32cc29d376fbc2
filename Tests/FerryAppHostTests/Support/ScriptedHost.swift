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

    /// What a script can call: `greet` says hello, gets ready and waits for the task, `again` waits for the next one,
    /// `reply` sends a message of the task, `outdir` finds its output folder.
    private static let prelude = """
        #!/bin/sh
        greet() {
            read -r hello
            echo '{"type":"hello","protocol":2,"apps":["test/app"]}'
            read -r setup
            echo '{"type":"ready"}'
            again
        }
        again() { read -r run || exit 0; task=${run#*\\\"task\\\":\\\"}; task=${task%%\\\"*}; }
        outdir() { out=${run#*\\\"output_dir\\\":\\\"}; out=${out%%\\\"*}; }
        reply() { printf '{"type":"%s","task":"%s"%s}\\n' "$1" "$task" "${2:+,$2}"; }
        home=$(dirname "$0")

        """

    /// Limits that a test can wait for.
    static var quick: AppHostLimits {
        var limits = AppHostLimits()
        limits.startTime = .seconds(20)
        limits.taskTime = .seconds(30)
        limits.stopTime = .milliseconds(300)
        limits.exitTime = .seconds(10)
        limits.maximumWorkers = 16
        return limits
    }

    /// Runs the body with an app that executes `script`; `describe` answers with ``manifest`` unless told.
    ///
    /// - Parameters:
    ///   - parent: where the host's folder is made.
    ///   - environment: the server's own.
    ///   - isHidden: whether that folder is the server's, of which apps see nothing but what they need.
    @discardableResult
    static func with<Result>(
        _ script: String, describe: String? = nil, limits: AppHostLimits = quick,
        isolation: IsolationMode = .none, appUser: String? = nil, parent: String = NSTemporaryDirectory(),
        isHidden: Bool = false, environment: [String: String] = [:], _ body: (ScriptedHost) async throws -> Result
    ) async throws -> Result {
        let folder = parent + "/ferry-host-tests-" + Identifier.random()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let answer = describe ?? "cat <<'EOF'\n\(manifest)\nEOF\n"
        let text = "\(prelude)if [ \"$1\" = describe ]; then\n\(answer)\nexit\nfi\n\(script)\n"
        try text.write(toFile: folder + "/program", atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder + "/program")
        let runner = try await ProcessAppRunner(
            programs: [folder + "/program"], environment: environment, workFolder: folder + "/work",
            dataFolder: isHidden ? folder : nil,
            appUser: appUser, isolation: isolation, limits: limits, searchPath: "/usr/bin:/bin",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        runner.trust(origin: "http://127.0.0.1:1")
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(ScriptedHost(folder: folder, runner: runner)))
        } catch {
            result = .failure(error)
        }
        await runner.shutdown()
        if let appUser, let user = try? AppUser.named(appUser) {
            rmdir(WorkFolders.root(folder + "/work", for: user))
        }
        return try result.get()
    }

    /// A task for the app in its version.
    func job(_ task: String = Self.task, _ change: (inout AppJob) -> Void = { _ in }) async throws -> AppJob {
        var job = AppJob.sample(task)
        job.versionID = try await runner.apps().first?.versionID ?? ""
        change(&job)
        return job
    }

    /// Runs the app once in a workspace of its own.
    func run(
        _ task: String = Self.task, events: Events = Events(), _ change: (inout AppJob) -> Void = { _ in }
    ) async throws -> JSONValue {
        try await withLease(task, change) { lease in
            try await lease.run(input: ["n": 1]) { events.append($0) }
        }
    }

    func withLease<Result>(
        _ task: String = Self.task, events: Events? = nil, _ change: (inout AppJob) -> Void = { _ in },
        _ body: (any AppLease) async throws -> Result
    ) async throws -> Result {
        let lease = try await runner.lease(for: try await job(task, change)) { events?.append($0) }
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
        try await withLease { lease in try await body(lease.workspace) }
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

    /// The names in the work folder, one for each worker.
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
func eventually<Value>(seconds: Int = 20, _ look: () async throws -> Value?) async throws -> Value {
    let deadline = ContinuousClock.now + .seconds(seconds)
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
