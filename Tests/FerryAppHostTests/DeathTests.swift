// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Foundation
import Testing

@testable import FerryAppHost

@Suite struct DeathTests {
    @Test func `an app killed by a signal is a retryable failure that tells the signal and the end of its log`()
        async throws
    {
        try await ScriptedHost.with("greet; echo first >&2; echo 'out of luck' >&2; kill -9 $$") { host async throws in
            let events = Events()
            let failure = try await host.failure(events: events)
            #expect(
                failure
                    == AppFailure(
                        message: "the app ended with signal 9 before it returned a result; "
                            + "the end of its log: first | out of luck",
                        isRetryable: true))
            #expect(events.log == "first\nout of luck\n")
        }
    }

    @Test func `an app that exits without a result is a retryable failure that tells the exit code`() async throws {
        try await ScriptedHost.with("greet; exit 3") { host async throws in
            let expected = AppFailure(
                message: "the app ended with exit code 3 before it returned a result", isRetryable: true)
            #expect(try await host.failure() == expected)
        }
        try await ScriptedHost.with("exit 4") { host async throws in
            #expect(try await host.failure()?.message.contains("exit code 4") == true)
        }
    }

    @Test func `a result without a line end is no result`() async throws {
        try await ScriptedHost.with("greet; printf '{\"type\":\"result\",\"task\":\"task1\",\"output\":{}}'") {
            host async throws in
            #expect(try await host.failure()?.message.contains("exit code 0 before it returned a result") == true)
        }
    }

    @Test func `an app that closes its output and stays is killed`() async throws {
        var limits = ScriptedHost.quick
        limits.exitTime = .milliseconds(300)
        let script = "greet; echo $$ > \"$home/pid\"; exec >&- 2>&-; while :; do sleep 1; done"
        try await ScriptedHost.with(script, limits: limits) { host async throws in
            let expected = AppFailure(
                message: "the app closed its output before it returned a result", isRetryable: true)
            #expect(try await host.failure() == expected)
            let pid = try #require(Int32(try await host.note("pid").trimmingCharacters(in: .newlines)))
            #expect(try await eventually { isRunning(pid) ? nil : true })
        }
    }

    @Test(arguments: [
        ("greet; echo nonsense", "it sent a line that is no JSON"),
        ("greet; echo '[1]'", "expected an object"),
        ("greet; echo '{\"type\":5}'", "expected a string"),
        ("greet; echo '{\"task\":\"task1\"}'", "type: is missing"),
        ("greet; echo '{\"type\":\"result\",\"task\":\"other\",\"output\":{}}'", "the end of another task"),
        ("greet; echo '{\"type\":\"result\",\"output\":{}}'", "task: is missing"),
        ("greet; reply result", "output: is missing"),
        ("greet; printf '\\377\\376\\n'", "no JSON"),
        ("greet; echo '{\"type\":\"hello\",\"protocol\":1}'", "greeted twice"),
        ("echo '{\"type\":\"hello\",\"protocol\":3}'", "speaks version 3 of the protocol, this server 2"),
        ("reply result '\"output\":{}'", "a task that it was not given"),
        ("greet; head -c 2000 /dev/zero | tr '\\0' x; echo", "a line of more than 1000 bytes"),
        ("greet; yes abc | tr -d '\\n'", "a line of more than 1000 bytes"),
    ])
    func `an app that breaks the protocol fails for good`(script: String, words: String) async throws {
        var limits = ScriptedHost.quick
        limits.maximumLine = 1000
        try await ScriptedHost.with(script + "; while :; do sleep 1; done", limits: limits) { host async throws in
            let failure = try #require(try await host.failure())
            #expect(failure.message.contains(words), "\(failure)")
            #expect(!failure.isRetryable)
            #expect(host.leftovers == [])
        }
    }

    @Test func `an app that never greets is given up`() async throws {
        var limits = ScriptedHost.quick
        limits.startTime = .seconds(2)
        try await ScriptedHost.with("while :; do sleep 1; done", limits: limits) { host async throws in
            let expected = AppFailure(message: "the app did not start within 2 seconds", isRetryable: true)
            #expect(try await host.failure() == expected)
        }
    }

    @Test func `an app that is silent beyond the time limit is asked to stop`() async throws {
        var limits = ScriptedHost.quick
        limits.taskTime = .milliseconds(250)
        limits.stopTime = .seconds(30)
        let script = "greet; read -r more; printf '%s' \"$more\" > \"$home/more\""
        try await ScriptedHost.with(script, limits: limits) { host async throws in
            let expected = AppFailure(message: "the app took longer than 0.25 seconds and was stopped")
            #expect(try await host.failure() == expected)
            #expect(try await host.note("more") == #"{"type":"cancel","task":"task1"}"#)
        }
    }

    @Test func `an app that goes on beyond the time limit is killed`() async throws {
        var limits = ScriptedHost.quick
        limits.taskTime = .milliseconds(250)
        try await ScriptedHost.with("greet; echo $$ > \"$home/pid\"; while :; do sleep 1; done", limits: limits) {
            host async throws in
            #expect(try await host.failure()?.message.hasPrefix("the app took longer than") == true)
            let pid = try #require(Int32(try await host.note("pid").trimmingCharacters(in: .newlines)))
            #expect(try await eventually { isRunning(pid) ? nil : true })
        }
    }

    @Test func `a result that comes while the app is asked to stop is too late`() async throws {
        var limits = ScriptedHost.quick
        limits.taskTime = .milliseconds(250)
        try await ScriptedHost.with("greet; read -r more; reply result '\"output\":{}'", limits: limits) {
            host async throws in
            #expect(try await host.failure()?.message.hasPrefix("the app took longer than") == true)
        }
    }

    @Test func `a process that stays after it was told to end is killed`() async throws {
        let script = "greet; echo $$ > \"$home/pid\"; reply result '\"output\":{\"n\":5}'; while :; do sleep 1; done"
        var limits = ScriptedHost.quick
        limits.exitTime = .milliseconds(300)
        try await ScriptedHost.with(script, limits: limits) { host async throws in
            #expect(try await host.run() == ["n": 5])
            await host.runner.shutdown()
            #expect(host.leftovers == [])
            let pid = try #require(Int32(try await host.note("pid").trimmingCharacters(in: .newlines)))
            #expect(try await eventually { isRunning(pid) ? nil : true })
        }
    }

    @Test func `what an app left running is gone after the task`() async throws {
        let script = """
            greet
            sleep 1000 &
            echo $! > "$home/child"
            (sleep 1000 & echo $! > "$home/grandchild")
            reply result '"output":{}'
            """
        try await ScriptedHost.with(script) { host async throws in
            #expect(try await host.run() == [:])
            for name in ["child", "grandchild"] {
                let pid = try #require(Int32(try await host.note(name).trimmingCharacters(in: .newlines)))
                #expect(try await eventually { isRunning(pid) ? nil : true }, "\(name)")
            }
        }
    }

    @Test func `a child that keeps the pipes open does not keep a dead app's task`() async throws {
        try await ScriptedHost.with("greet; yes >&2 & exec sleep 0") { host async throws in
            let failure = try #require(try await host.failure())
            #expect(failure.message.hasPrefix("the app ended with exit code 0 before it returned a result"))
        }
    }
}
