// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Foundation
import Testing

@testable import FerryAppHost

@Suite struct WarmWorkerTests {
    /// An app that says which process it is and how it was set up, task after task.
    private static let loop = """
        greet
        while :; do
            reply result "\\"output\\":{\\"pid\\":$$,\\"task\\":\\"$task\\"}"
            again
        done
        """

    @Test func `a worker is set up once and runs one task after the other, each with folders of its own`() async throws
    {
        let script = """
            greet; printf '%s' "$setup" > "$home/setup"; printf '%s' "$hello" > "$home/hello"
            while :; do
                outdir; echo mine > "$out/file"; echo x > left; echo x > ../tmp/left; echo x > ../app/tmp/left
                echo x >> ../app/data/kept; echo x >> ../home/kept
                reply result "\\"output\\":{\\"pid\\":$$,\\"kept\\":$(wc -l < ../app/data/kept)}"
                again; ls . ../tmp ../app/tmp ../tasks >&2
            done
            """
        try await ScriptedHost.with(script) { host async throws in
            var outputs: [JSONValue] = []
            var paths: Set<String> = []
            let events = Events()
            for task in ["one", "two", "three"] {
                try await host.withLease(task, events: events) { job in
                    job.setup = ["model": "small"]
                } _: {
                    lease async throws in
                    outputs.append(try await lease.run(input: [:]) { events.append($0) })
                    let folder = try #require(lease.workspace as? DiskWorkspace)
                    paths.insert(folder.path)
                    #expect(try await folder.open(output: folder.path + "/out/file") != nil)
                }
            }
            #expect(Set(outputs.map { $0["pid"] }).count == 1)
            #expect(outputs.map { $0["kept"] } == [1, 2, 3])
            #expect(paths.count == 3)
            #expect(events.all.count { $0 == .settingUp } == 1)
            #expect(!events.log.contains("left"))
            #expect(events.log.contains("two-") && !events.log.contains("one-"))
            let setup = try JSONValue(parsing: try await host.note("setup"))
            #expect(setup["setup"] == ["model": "small"])
            #expect(setup["app"] == "test/app")
            #expect(
                try await host.note("hello") == #"{"type":"hello","protocol":2,"origins":["http://127.0.0.1:1"]}"#)
        }
    }

    @Test func `teams and setups never share a worker`() async throws {
        try await ScriptedHost.with(Self.loop) { host async throws in
            let first = try await host.run()
            let other = try await host.run { $0.teamID = "other" }
            let setUp = try await host.run { $0.setup = ["a": 1] }
            let again = try await host.run()
            #expect(first["pid"] == again["pid"])
            #expect(Set([first["pid"], other["pid"], setUp["pid"]]).count == 3)
        }
    }

    @Test func `a worker that was idle for long ends, and so do all at the end`() async throws {
        var limits = ScriptedHost.quick
        limits.idleTime = .milliseconds(200)
        try await ScriptedHost.with(Self.loop, limits: limits) { host async throws in
            let pid = Int32(try #require(try await host.run()["pid"]?.integerValue))
            #expect(try await eventually { isRunning(pid) ? nil : true })
            #expect(try await eventually { host.leftovers == [] ? true : nil })
        }
        try await ScriptedHost.with(Self.loop) { host async throws in
            let pid = Int32(try #require(try await host.run()["pid"]?.integerValue))
            #expect(isRunning(pid))
            await host.runner.shutdown()
            #expect(!isRunning(pid))
            #expect(host.leftovers == [])
            await #expect(throws: AppFailure.self) { try await host.run() }
        }
    }

    @Test func `tasks beyond the number of workers wait, in order, and a wait can be given up`() async throws {
        var limits = ScriptedHost.quick
        limits.maximumWorkers = 1
        try await ScriptedHost.with(Self.loop, limits: limits) { host async throws in
            let lease = try await host.runner.lease(for: try await host.job("first")) { _ in }
            let order = Events()
            let abandoned = Task { try await host.run("abandoned") }
            try await Task.sleep(for: .milliseconds(100))
            var tasks: [Task<Void, any Error>] = []
            for task in ["a", "b", "c"] {
                tasks.append(
                    Task {
                        _ = try await host.run(task) { $0.teamID = task }
                        order.append(.log(task))
                    })
                try await Task.sleep(for: .milliseconds(60))
            }
            abandoned.cancel()
            await #expect(throws: CancellationError.self) { try await abandoned.value }
            #expect(order.log == "")
            await lease.release()
            for task in tasks { try await task.value }
            #expect(order.log == "abc")
        }
    }

    @Test func `a worker that dies takes only its task with it`() async throws {
        let script = """
            greet
            while :; do
                case $task in die) kill -9 $$;; esac
                sleep 0.3
                reply result "\\"output\\":{\\"pid\\":$$}"
                again
            done
            """
        try await ScriptedHost.with(script) { host async throws in
            async let good = host.run("good")
            async let bad = host.failureOf("die")
            let failure = try await bad
            #expect(failure?.message.contains("signal 9") == true)
            #expect(failure?.isRetryable == true)
            #expect(try await good["pid"] != nil)
            #expect(try await host.run("after")["pid"] != nil)
        }
    }

    @Test func `a polite app goes on after a cancellation, a deaf one is replaced`() async throws {
        for (answer, isSame) in [("read -r more; reply cancelled", true), ("while :; do sleep 1; done", false)] {
            let script = """
                greet
                while :; do
                    case $task in cancel) echo yes > "$home/working"; \(answer);; *)
                    reply result "\\"output\\":{\\"pid\\":$$}";; esac
                    again
                done
                """
            try await ScriptedHost.with(script) { host async throws in
                let before = try await host.run("before")
                let run = Task { try await host.run("cancel") }
                _ = try await host.note("working")
                run.cancel()
                await #expect(throws: CancellationError.self) { try await run.value }
                let after = try await host.run("after")
                #expect((before["pid"] == after["pid"]) == isSame)
            }
        }
    }

    @Test func `a failed setup is the failure of the task, in the app's words, and its log is of setup`() async throws {
        let script = """
            read -r hello; echo '{"type":"hello","protocol":2,"apps":[]}'; read -r setup
            echo loading >&2; echo '{"type":"setup_failed","code":"x","message":"no such model"}'; read -r more
            """
        try await ScriptedHost.with(script) { host async throws in
            let events = Events()
            await #expect(throws: AppFailure(message: "no such model")) {
                try await host.withLease(events: events) { _ in }
            }
            #expect(events.all == [.settingUp, .log("loading\n", kind: .setup)])
            #expect(host.leftovers == [])
        }
    }

    @Test func `an app that prints a hundred megabytes still answers, and what it prints stays with its task`()
        async throws
    {
        let script = """
            greet
            while :; do
                echo "begin $task" >&2
                case $task in loud) yes 0123456789012345678901234567890123456789 | head -c 104857600 >&2;; esac
                printf 'end of %s' "$task" >&2
                reply result '"output":{}'
                again
            done
            """
        var limits = ScriptedHost.quick
        // A hundred megabytes take their time on a busy machine.
        limits.taskTime = .seconds(120)
        try await ScriptedHost.with(script, limits: limits) { host async throws in
            for _ in 0..<5 {
                let events = Events()
                _ = try await host.run("quiet", events: events)
                #expect(events.log == "begin quiet\nend of quiet\n")
            }
            let events = Events()
            _ = try await host.run("loud", events: events)
            #expect(events.log.hasPrefix("begin loud\n0123"))
            #expect(events.log.hasSuffix("the rest of it was dropped]\n"))
            let after = Events()
            _ = try await host.run("after", events: after)
            #expect(after.log == "begin after\nend of after\n")
        }
    }

    @Test func `a warm call takes a few milliseconds`() async throws {
        try await ScriptedHost.with(Self.loop) { host async throws in
            _ = try await host.run()
            var times: [Duration] = []
            for _ in 0..<30 {
                times.append(try await ContinuousClock().measure { _ = try await host.run() })
            }
            let median = times.sorted()[15]
            print("warm call in the host, median: \(median)")
            // Far above what it takes on an idle machine; a start of a process each time would be beyond it.
            #expect(median < .milliseconds(100))
        }
    }

    #if os(Linux)
    @Test func `an app that takes too much memory, its children counted, is ended with a message that names the limit`()
        async throws
    {
        var limits = ScriptedHost.quick
        limits.memory = 64 << 20
        limits.memoryInterval = .milliseconds(50)
        let script = """
            greet
            (head -c 100000000 /dev/zero | tail -c 100000000 | sleep 100) &
            wait
            """
        try await ScriptedHost.with(script, limits: limits) { host async throws in
            let failure = try await host.failure()
            #expect(failure?.message == "the app used more than 64 MiB of memory and was ended")
            #expect(host.leftovers == [])
        }
    }
    #endif
}

extension ScriptedHost {
    func failureOf(_ task: String) async throws -> AppFailure? {
        do {
            _ = try await run(task)
            return nil
        } catch let failure as AppFailure {
            return failure
        }
    }
}

@Suite struct MarkerTests {
    @Test func `a word is found however the stream is cut, and nothing else is lost`() {
        let word: [UInt8] = [0, 1, 2, 0]
        let stream: [UInt8] = [9, 0, 1, 9, 0, 0, 1, 2, 0, 8] + word + word + [7, 0, 1]
        for size in 1...stream.count {
            var splitter = MarkerSplitter(word: word)
            var text: [UInt8] = []
            var marks: [Int] = []
            for start in stride(from: 0, to: stream.count, by: size) {
                for part in splitter.parts(of: Array(stream[start..<min(stream.count, start + size)])) {
                    switch part {
                    case .text(let bytes): text += bytes
                    case .marker: marks.append(text.count)
                    }
                }
            }
            #expect(text + splitter.rest == [9, 0, 1, 9, 0, 8, 7, 0, 1], "size \(size)")
            #expect(marks == [5, 6, 6], "size \(size)")
        }
    }
}
