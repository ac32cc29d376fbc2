// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Foundation
import Testing

@testable import FerryAppHost

/// Workers that die while they have nothing to do, and what they leave behind.
@Suite struct LostWorkerTests {
    private static let loop = """
        greet
        while :; do
            reply result "\\"output\\":{\\"pid\\":$$}"
            again
        done
        """

    private func pid(of output: JSONValue) throws -> Int32 { Int32(try #require(output["pid"]?.integerValue)) }

    /// Returns once the process is no more than a number to be collected.
    private func end(_ pid: Int32) async throws {
        #expect(kill(pid, SIGKILL) == 0)
        _ = try await eventually { isRunning(pid) ? nil : true }
    }

    @Test func `a task whose worker died before it was told of the task was not begun`() async throws {
        try await ScriptedHost.with(Self.loop) { host async throws in
            for _ in 0..<10 {
                let first = try await host.run()
                let lease = try await host.runner.lease(for: try await host.job("second")) { _ in }
                try await end(try pid(of: first))
                let failure = await #expect(throws: AppFailure.self) { try await lease.run(input: [:]) { _ in } }
                #expect(failure == Worker.endedBefore)
                #expect(failure?.wasBegun == false)
                await lease.release()
            }
        }
    }

    @Test func `a task whose worker dies with its command unread was not begun`() async throws {
        // It answers one task and is deaf from then on, until it dies.
        let script = """
            greet
            reply result "\\"output\\":{\\"pid\\":$$}"
            while [ ! -e "$home/die" ]; do sleep 0.02; done; kill -9 $$
            """
        try await ScriptedHost.with(script) { host async throws in
            _ = try await host.run()
            let lease = try await host.runner.lease(for: try await host.job("second")) { _ in }
            let run = Task { try await lease.run(input: [:]) { _ in } }
            try await Task.sleep(for: .milliseconds(200))
            #expect(FileManager.default.createFile(atPath: host.folder + "/die", contents: nil))
            let failure = await #expect(throws: AppFailure.self) { try await run.value }
            #expect(failure?.wasBegun == false)
            await lease.release()
        }
    }

    @Test func `a task that its worker read was begun`() async throws {
        try await ScriptedHost.with("greet; kill -9 $$") { host async throws in
            #expect(try await host.failure()?.wasBegun == true)
        }
    }

    @Test func `a dead idle worker is passed over`() async throws {
        try await ScriptedHost.with(Self.loop) { host async throws in
            var last = try pid(of: try await host.run())
            for _ in 0..<10 {
                try await end(last)
                let next: Int32
                do {
                    next = try pid(of: try await host.run())
                } catch let failure as AppFailure {
                    // Its end was not known here yet.
                    #expect(failure.wasBegun == false)
                    next = try pid(of: try await host.run())
                }
                #expect(next != last)
                last = next
            }
        }
    }

    @Test func `a session whose worker died between two tasks says so`() async throws {
        try await ScriptedHost.with(Self.loop) { host async throws in
            let first = try pid(of: try await host.run("one") { $0.session = "s" })
            let lease = try await host.runner.lease(for: try await host.job("two") { $0.session = "s" }) { _ in }
            try await end(first)
            let failure = await #expect(throws: AppFailure.self) { try await lease.run(input: [:]) { _ in } }
            #expect(failure?.message.hasPrefix("WORKER_LOST:") == true)
            #expect(failure?.wasBegun == true, "no other worker can have it")
            await lease.release()
        }
    }

    #if os(Linux)
    @Test func `what an app started ends with it, in whatever session it is`() async throws {
        let script = """
            greet
            setsid sleep 1000 & echo $! > "$home/child"
            reply result '"output":{}'; again
            """
        // What left its family before the host looked is not known to it.
        var limits = ScriptedHost.quick
        limits.memoryInterval = .milliseconds(20)
        try await ScriptedHost.with(script, limits: limits) { host async throws in
            _ = try await host.run()
            let child = try await eventually {
                Int32(try await host.note("child").trimmingCharacters(in: .whitespacesAndNewlines))
            }
            #expect(isRunning(child))
            try await Task.sleep(for: .milliseconds(300))
            await host.runner.shutdown()
            #expect(try await eventually { isRunning(child) ? nil : true })
        }
    }

    @Test func `a program ends with the process that started it`() async throws {
        let confinement = await Confinement.detect(limits: AppHostLimits())
        try #require(confinement.endsWithServer, "setpriv knows --pdeathsig")
        try await ScriptedHost.with("greet") { host async throws in
            let arguments = try await host.withLease { lease async throws in
                let folder = try #require((lease.workspace as? DiskWorkspace)?.worker)
                let plan = LaunchPlan(
                    program: "/bin/sleep", arguments: ["1000"], appReference: "", codeFolder: nil, environment: [:],
                    readable: [], memory: nil, concurrency: 1)
                return confinement.arguments(for: plan, adding: [], in: folder)
            }
            // A shell in between stands for the server.
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", "\"$@\" & echo $! > '\(host.folder)/sleeper'; wait", "x", "/bin/sh"] + arguments
            try process.run()
            let sleeper = try await eventually {
                Int32(try await host.note("sleeper").trimmingCharacters(in: .whitespacesAndNewlines))
            }
            _ = try await eventually {
                (try? String(contentsOfFile: "/proc/\(sleeper)/comm", encoding: .utf8)) == "sleep\n" ? true : nil
            }
            kill(process.processIdentifier, SIGKILL)
            #expect(try await eventually { isRunning(sleeper) ? nil : true })
        }
    }
    #endif
}
