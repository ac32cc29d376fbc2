// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Foundation
import Testing

@testable import FerryAppHost

@Suite struct CancellationTests {
    /// Starts a run, waits until the script says it works, cancels, and gives how the run ended.
    private func cancelled(_ host: ScriptedHost) async throws -> Result<JSONValue, any Error> {
        let run = Task { try await host.run() }
        _ = try await host.note("working")
        run.cancel()
        return await run.result
    }

    @Test func `a polite app is asked to stop and stops`() async throws {
        let script = """
            greet; echo yes > "$home/working"
            read -r more; printf '%s' "$more" > "$home/more"
            reply cancelled
            read -r last; printf '%s' "$last" > "$home/last"
            """
        var limits = ScriptedHost.quick
        limits.stopTime = .seconds(60)
        limits.exitTime = .seconds(60)
        try await ScriptedHost.with(script, limits: limits) { host async throws in
            let ending = try await cancelled(host)
            #expect(throws: CancellationError.self) { try ending.get() }
            #expect(try await host.note("more") == #"{"type":"cancel","task":"task1"}"#)
            await host.runner.shutdown()
            #expect(try await host.note("last") == #"{"type":"shutdown"}"#)
            #expect(host.leftovers == [])
        }
    }

    @Test func `an app that does not listen is killed with all it started`() async throws {
        let script = """
            trap '' TERM INT HUP
            greet
            (trap '' TERM; while :; do sleep 1; done) &
            echo $! > "$home/child"
            echo $$ > "$home/pid"
            echo yes > "$home/working"
            while :; do sleep 1; done
            """
        try await ScriptedHost.with(script) { host async throws in
            let ending = try await cancelled(host)
            #expect(throws: CancellationError.self) { try ending.get() }
            for name in ["pid", "child"] {
                let pid = try #require(Int32(try await host.note(name).trimmingCharacters(in: .newlines)))
                #expect(try await eventually { isRunning(pid) ? nil : true }, "\(name)")
            }
            #expect(host.leftovers == [])
        }
    }

    @Test func `a cancelled task is cancelled whatever the app answers`() async throws {
        for answer in ["reply result '\"output\":{}'", "reply error '\"message\":\"stopped\"'", "exit 1", "kill -9 $$"]
        {
            try await ScriptedHost.with("greet; echo yes > \"$home/working\"; read -r more; \(answer)") {
                host async throws in
                let ending = try await cancelled(host)
                #expect(throws: CancellationError.self, "\(answer)") { try ending.get() }
            }
        }
    }

    @Test func `a cancellation before the app has greeted kills it at once`() async throws {
        try await ScriptedHost.with("echo yes > \"$home/working\"; while :; do sleep 1; done") { host async throws in
            let ending = try await cancelled(host)
            #expect(throws: CancellationError.self) { try ending.get() }
        }
    }

    @Test func `a task cancelled beforehand is not given to the app`() async throws {
        try await ScriptedHost.with("greet; echo yes > \"$home/working\"") { host async throws in
            let lease = try await host.runner.lease(for: try await host.job()) { _ in }
            let run = Task {
                // Waits for the cancellation below.
                while !Task.isCancelled { await Task.yield() }
                return try await lease.run(input: ["n": 1]) { _ in }
            }
            run.cancel()
            let ending = await run.result
            #expect(throws: CancellationError.self) { try ending.get() }
            #expect(!FileManager.default.fileExists(atPath: host.folder + "/working"))
            await lease.release()
        }
    }

    @Test func `an app that gives up unasked has failed`() async throws {
        try await ScriptedHost.with("greet; reply cancelled") { host async throws in
            #expect(try await host.failure()?.message == "the app gave the task up without being asked to")
        }
    }
}
