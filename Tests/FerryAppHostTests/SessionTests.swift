// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Foundation
import Testing

@testable import FerryAppHost

@Suite struct SessionTests {
    private static let counter = """
        greet
        count=0
        while :; do
            count=$((count + 1))
            case $task in die) kill -9 $$;; slow) sleep 0.3;; esac
            echo "$task" >> list
            reply result "\\"output\\":{\\"pid\\":$$,\\"count\\":$count,\\"list\\":\\"$(tr '\\n' ' ' < list)\\"}"
            again
        done
        """

    @Test func `tasks of a session run on its worker, in order, and what they leave stays`() async throws {
        var limits = ScriptedHost.quick
        limits.idleTime = .milliseconds(50)
        try await ScriptedHost.with(Self.counter, limits: limits) { host async throws in
            let first = try await host.run("one") { $0.session = "s" }
            try await Task.sleep(for: .milliseconds(300))
            async let slow = host.run("slow") { $0.session = "s" }
            try await Task.sleep(for: .milliseconds(100))
            let third = try await host.run("three") { $0.session = "s" }
            #expect(try await slow["count"] == 2)
            #expect(third["count"] == 3)
            #expect(third["list"] == "one slow three ")
            #expect(first["pid"] == third["pid"])
            let other = try await host.run("x") { $0.session = "t" }
            let none = try await host.run("y")
            #expect(Set([first["pid"], other["pid"], none["pid"]]).count == 3)
            await host.runner.endSession("s")
            #expect(!isRunning(Int32(try #require(first["pid"]?.integerValue))))
            await host.runner.endSession("s")
        }
    }

    @Test func `a session whose worker is gone says so until it is ended`() async throws {
        try await ScriptedHost.with(Self.counter) { host async throws in
            _ = try await host.run("one") { $0.session = "s" }
            await #expect(throws: AppFailure.self) { try await host.run("die") { $0.session = "s" } }
            for _ in 0..<2 {
                let failure = await #expect(throws: AppFailure.self) {
                    try await host.run("two") { $0.session = "s" }
                }
                #expect(failure?.message.hasPrefix("WORKER_LOST:") == true)
            }
            await host.runner.endSession("s")
            #expect(host.leftovers == [])
        }
    }

    @Test func `a session is for one app, setup and team, and only so many hold a worker`() async throws {
        var limits = ScriptedHost.quick
        limits.maximumSessions = 1
        try await ScriptedHost.with(Self.counter, limits: limits) { host async throws in
            _ = try await host.run("one") { $0.session = "s" }
            await #expect(throws: AppFailure.self) {
                try await host.run("two") { job in
                    job.session = "s"
                    job.teamID = "other"
                }
            }
            let failure = await #expect(throws: AppFailure.self) { try await host.run("three") { $0.session = "t" } }
            #expect(failure?.message.contains("1 sessions") == true)
            await host.runner.endSession("s")
            #expect(try await host.run("three") { $0.session = "t" }["count"] == 1)
        }
    }
}
