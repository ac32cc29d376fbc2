// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Foundation
import Synchronization
import Testing

@testable import FerryAppHost

@Suite struct RunTests {
    @Test func `an app is given its task and its output comes back`() async throws {
        try await ScriptedHost.with("greet; printf '%s' \"$run\" > \"$home/run\"; reply result '\"output\":{\"n\":2}'")
        {
            host async throws in
            let lease = try await host.runner.lease(for: try await host.job()) { _ in }
            let output = try await lease.run(input: ["n": 1]) { _ in }
            #expect(output == ["n": 2])
            let run = try JSONValue(parsing: try await host.note("run"))
            let folder = try #require((lease.workspace as? DiskWorkspace)?.path)
            let worker = try #require((lease.workspace as? DiskWorkspace)?.worker.path)
            let app = try #require(try await host.runner.apps().first)
            let expected: JSONValue = [
                "type": "run", "task": "task1", "app": "test/app", "function": "run", "input": ["n": 1],
                "work_dir": .string(worker + "/work"), "output_dir": .string(folder + "/out"),
                "metadata": [
                    "task_id": "task1", "team_id": "team", "user_id": "user", "app_id": .string(app.id),
                    "app_version_id": .string(app.versionID), "worker_id": run["metadata"]?["worker_id"] ?? .null,
                ],
            ]
            #expect(run == expected)
            #expect(Identifier.isValid(run["metadata"]?["worker_id"]?.stringValue ?? ""))
            await lease.release()
            await host.runner.shutdown()
            #expect(host.leftovers == [])
        }
    }

    @Test func `progress, partial outputs, increments and logs come in the order they were sent, before the result`()
        async throws
    {
        let script = #"""
            greet
            reply progress '"fraction":0.5,"message":"half"'
            reply log '"level":"info","message":"one\ntwo"'
            reply partial '"output":{"a":1}'
            reply log '"level":"warning","message":"careful"'
            reply delta '"delta":{"response":"wor"}'
            reply delta '"delta":{"response":"ds"}'
            reply progress '"fraction":7'
            reply later '"of":"another version"'
            reply result '"output":{}'
            """#
        try await ScriptedHost.with(script) { host async throws in
            let events = Events()
            #expect(try await host.run(events: events) == [:])
            #expect(
                events.all == [
                    .progress(fraction: 0.5, message: "half"), .log("one\ntwo\n"), .partial(["a": 1]),
                    .log("warning: careful\n"), .delta(["response": "wor"]), .delta(["response": "ds"]),
                    .progress(fraction: 1, message: nil),
                ])
        }
    }

    @Test func `what an app prints on standard error is its log, repaired and with long lines cut`() async throws {
        let script = #"""
            greet
            printf 'plain\r\nbad \377 byte\n' >&2
            printf '%0300d\nunfinished' 0 >&2
            reply result '"output":{}'
            """#
        var limits = ScriptedHost.quick
        limits.maximumLogLine = 100
        try await ScriptedHost.with(script, limits: limits) { host async throws in
            let events = Events()
            _ = try await host.run(events: events)
            let zeros = String(repeating: "0", count: 100)
            #expect(events.log == "plain\nbad \u{FFFD} byte\n\(zeros)…\nunfinished\n")
        }
    }

    @Test func `a log beyond its limit is dropped with a note, and the app goes on`() async throws {
        let script = "greet; yes 0123456789 | head -n 100000 >&2; reply result '\"output\":{\"ok\":true}'"
        var limits = ScriptedHost.quick
        limits.maximumLog = 1000
        try await ScriptedHost.with(script, limits: limits) { host async throws in
            let events = Events()
            #expect(try await host.run(events: events) == ["ok": true])
            #expect(events.log.utf8.count < 1200)
            #expect(events.log.hasSuffix("[the log is longer than 1000 bytes; the rest of it was dropped]\n"))
        }
    }

    @Test func `events are handed on one at a time, and the app waits meanwhile`() async throws {
        let script = #"""
            greet
            for i in 1 2 3 4 5 6 7 8 9 10; do echo "err $i" >&2; reply progress '"fraction":0.1'; done
            reply result '"output":{}'
            """#
        try await ScriptedHost.with(script) { host async throws in
            let inside = Mutex(0)
            let most = Mutex(0)
            try await host.withLease { lease async throws in
                _ = try await lease.run(input: ["n": 1]) { _ in
                    let now = inside.withLock { count in
                        count += 1
                        return count
                    }
                    most.withLock { $0 = max($0, now) }
                    for _ in 0..<50 { await Task.yield() }
                    inside.withLock { $0 -= 1 }
                }
            }
            #expect(most.withLock { $0 } == 1)
        }
    }

    @Test func `an error of the app is the failure in its own words`() async throws {
        try await ScriptedHost.with("greet; reply error '\"code\":\"invalid_input\",\"message\":\"no such color\"'") {
            host async throws in
            #expect(try await host.failure() == AppFailure(message: "no such color", isRetryable: false))
        }
    }

    @Test func `an error without words gets some, and a long one is cut`() async throws {
        try await ScriptedHost.with("greet; reply error") { host async throws in
            #expect(try await host.failure()?.message == "the app failed without saying why")
        }
        var limits = ScriptedHost.quick
        limits.maximumMessage = 10
        try await ScriptedHost.with("greet; reply error '\"message\":\"123456789é123\"'", limits: limits) {
            host async throws in
            #expect(try await host.failure()?.message == "123456789…")
        }
    }

    @Test func `an output beyond its limit is a failure that names the limit`() async throws {
        var limits = ScriptedHost.quick
        limits.maximumOutput = 20
        let script =
            "greet; reply partial '\"output\":{\"long\":\"0123456789\"}'; "
            + "reply result '\"output\":{\"long\":\"0123456789\"}'"
        try await ScriptedHost.with(script, limits: limits) { host async throws in
            let events = Events()
            let failure = try await host.failure(events: events)
            #expect(failure?.message.contains("more than the 20 allowed") == true)
            #expect(failure?.message.contains("512 KiB") == true)
            #expect(failure?.isRetryable == false)
            #expect(events.log.hasPrefix("a partial output was dropped"))
        }
    }

    @Test func `an increment beyond the limit is dropped with a line, and one that is no object breaks the protocol`()
        async throws
    {
        var limits = ScriptedHost.quick
        limits.maximumOutput = 20
        let script = """
            greet
            reply delta '"delta":{"response":"0123456789"}'
            reply delta '"delta":{"response":""}'
            reply result '"output":{}'
            """
        try await ScriptedHost.with(script, limits: limits) { host async throws in
            let events = Events()
            #expect(try await host.run(events: events) == [:])
            #expect(events.log.hasPrefix("an increment of the answer was dropped"))
            #expect(events.all.last == .delta(["response": ""]))
        }
        try await ScriptedHost.with("greet; reply delta '\"delta\":1'; again") { host async throws in
            #expect(try await host.failure()?.message.contains("delta") == true)
        }
    }

    @Test func `an app that is not there is a failure`() async throws {
        try await ScriptedHost.with("greet") { host async throws in
            await #expect(throws: AppFailure.self) {
                _ = try await host.runner.lease(for: .sample("t", app: "other/app")) { _ in }
            }
        }
    }

    @Test func `many tasks run at once`() async throws {
        let script = """
            greet
            while :; do
                reply result "\\"output\\":{\\"pid\\":$$}"
                read -r run || exit 0
                case "$run" in *shutdown*) exit 0 ;; esac
            done
            """
        try await ScriptedHost.with(script) { host async throws in
            let pids = try await withThrowingTaskGroup(of: Int64?.self) { group in
                for _ in 0..<12 { group.addTask { try await host.run()["pid"]?.integerValue } }
                return try await group.reduce(into: [Int64]()) { if let pid = $1 { $0.append(pid) } }
            }
            #expect(pids.count == 12)
            // Two workers at a time, each for as many tasks as it lives.
            #expect(Set(pids).count >= 2)
            await host.runner.shutdown()
            #expect(host.leftovers == [])
        }
    }

    @Test func `an input of a few megabytes reaches the app`() async throws {
        try await ScriptedHost.with("greet; reply result \"\\\"output\\\":{\\\"bytes\\\":${#run}}\"") {
            host async throws in
            let text = String(repeating: "x", count: 3 << 20)
            let output = try await host.withLease { lease in
                try await lease.run(input: ["text": .string(text)]) { _ in }
            }
            #expect(try #require(output["bytes"]?.integerValue) > 3 << 20)
        }
    }
}
