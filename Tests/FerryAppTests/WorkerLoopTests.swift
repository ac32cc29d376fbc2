// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@testable import FerryApp

@Suite(.timeLimit(.minutes(1))) struct WorkerLoopTests {
    @Test func `the worker greets with its protocol and its apps`() async throws {
        let ending = try await withWorker([EchoApp(), SleepyApp()], settingUp: false) { (host) async throws in
            host.say(["type": "hello", "protocol": 2, "origins": []])
            #expect(
                try await host.hear() == ["type": "hello", "protocol": 2, "apps": ["test/echo", "test/sleepy"]])
        }
        #expect(ending == .stopped)
    }

    @Test func `a task runs and its output comes back under its id`() async throws {
        _ = try await withWorker([EchoApp()]) { (host) async throws in
            host.run("t1", app: "test/echo", input: ["n": 9_007_199_254_740_993])
            let result = try await host.hear("result")
            #expect(result["task"] == "t1")
            #expect(result["output"]?["input"]?["n"] == 9_007_199_254_740_993)
            #expect(result["output"]?["function"] == "run")
            host.run("t2", app: "test/echo", function: "shout")
            #expect(try await host.hear("result")["output"]?["function"] == "shout")
        }
    }

    @Test func `what an app prints lands in the log and never in the protocol`() async throws {
        let app = PrintingApp { descriptor, text in _ = writeAll(Array(text.utf8), to: descriptor) }
        _ = try await withWorker([app]) { (host) async throws in
            host.run("t1", app: "test/printing", input: ["descriptor": .integer(Int64(host.printing))])
            #expect(try await host.hear() == ["type": "result", "task": "t1", "output": ["done": true]])
            for number in 1...3 {
                guard case .bytes(let line)? = await host.log.next() else {
                    Issue.record("line \(number) is missing from the log")
                    return
                }
                #expect(try JSONValue(parsing: line)["printed"] == .integer(Int64(number)))
            }
        }
    }

    @Test func `an app that prints a mebibyte still answers`() async throws {
        let line = String(repeating: "x", count: 1023) + "\n"
        let app = PrintingApp { descriptor, _ in
            for _ in 0..<342 { _ = writeAll(Array(line.utf8), to: descriptor) }
        }
        _ = try await withWorker([app]) { (host) async throws in
            let log = host.log
            async let printed = {
                var lines = 0
                while lines < 3 * 342, case .bytes(let bytes)? = await log.next(), bytes.count == 1023 { lines += 1 }
                return lines
            }()
            host.run("t1", app: "test/printing", input: ["descriptor": .integer(Int64(host.printing))])
            #expect(try await host.hear() == ["type": "result", "task": "t1", "output": ["done": true]])
            #expect(await printed * 1024 > 1 << 20)
        }
    }

    @Test func `logs, progress, partial outputs and increments come in order before the result`() async throws {
        _ = try await withWorker([ReportingApp()]) { (host) async throws in
            host.run("t1", app: "test/reporting")
            #expect(
                try await host.hear() == ["type": "log", "task": "t1", "level": "debug", "message": "starting"])
            #expect(
                try await host.hear() == ["type": "progress", "task": "t1", "fraction": 0.5, "message": "half"])
            #expect(try await host.hear()["fraction"]?.doubleValue == 1)
            #expect(try await host.hear() == ["type": "progress", "task": "t1"])
            let long = try await host.hear("log")["message"]?.stringValue ?? ""
            #expect(long.utf8.count <= 16 << 10 + 3 && long.unicodeScalars.last == "…")
            #expect(try await host.hear() == ["type": "partial", "task": "t1", "output": ["so": "far"]])
            #expect(try await host.hear() == ["type": "delta", "task": "t1", "delta": ["response": "more"]])
            #expect(try await host.hear() == ["type": "result", "task": "t1", "output": [:]])
        }
    }

    @Test func `a cancelled task ends as cancelled and the worker takes the next`() async throws {
        _ = try await withWorker([SleepyApp(), EchoApp()]) { (host) async throws in
            host.run("t1", app: "test/sleepy")
            _ = try await host.hear("log")
            host.say(["type": "cancel", "task": "another"])
            host.say(["type": "cancel", "task": "t1"])
            #expect(try await host.hear() == ["type": "cancelled", "task": "t1"])
            host.run("t2", app: "test/echo")
            #expect(try await host.hear("result")["task"] == "t2")
        }
    }

    @Test func `a second task while one is at work is refused as busy`() async throws {
        _ = try await withWorker([SleepyApp(), EchoApp()]) { (host) async throws in
            host.run("t1", app: "test/sleepy")
            _ = try await host.hear("log")
            host.run("t2", app: "test/echo")
            let refusal = try await host.hear("error")
            #expect(refusal["task"] == "t2")
            #expect(refusal["code"] == "busy")
        }
    }

    @Test(arguments: [
        ("failure", "invalid_input", "cat.png is no cat"), ("own code", "cat_limit", "too many cats"),
        ("array", "invalid_output", "the app returned array, not an object"),
        ("huge", "invalid_output", "the app returned more than 8 MiB of JSON; data of that size belongs into files"),
        ("foreign", "internal", "the app failed unexpectedly (Foreign); its log says more"),
        ("cancellation", "internal", "the app failed unexpectedly (CancellationError); its log says more"),
    ])
    func `a failure reaches the host with code and message`(kind: String, code: String, message: String) async throws {
        _ = try await withWorker([FailingApp()]) { (host) async throws in
            host.run("t1", app: "test/failing", input: ["kind": .string(kind)])
            let error = try await host.hear("error")
            #expect(error["task"] == "t1")
            #expect(error["code"]?.stringValue == code)
            #expect(error["message"]?.stringValue == message)
        }
    }

    @Test func `an unknown app and an unknown function are errors of the task alone`() async throws {
        _ = try await withWorker([EchoApp()]) { (host) async throws in
            host.run("t1", app: "test/nothing")
            #expect(try await host.hear("error")["code"] == "unknown_app")
            host.run("t2", app: "test/echo", function: "sing")
            #expect(try await host.hear("error")["code"] == "unknown_function")
            host.run("t3", app: "test/echo")
            #expect(try await host.hear("result")["task"] == "t3")
        }
    }

    @Test func `the end of input cancels the task at work and ends the worker`() async throws {
        let ending = try await withWorker([SleepyApp()]) { (host) async throws in
            host.run("t1", app: "test/sleepy")
            _ = try await host.hear("log")
        }
        #expect(ending == .stopped)
    }

    @Test func `shutdown ends the worker though the input stays open`() async throws {
        let ending = try await withWorker([SleepyApp()]) { (host) async throws in
            host.run("t1", app: "test/sleepy")
            _ = try await host.hear("log")
            host.say(["type": "shutdown"])
            #expect(try await host.hear("cancelled")["task"] == "t1")
        }
        #expect(ending == .stopped)
    }

    @Test func `cancelling the loop itself ends it`() async throws {
        let toWorker = try DescriptorPair()
        let fromWorker = try DescriptorPair()
        let reader = try LineReader(descriptor: toWorker.readEnd, maximumLength: 100)
        let loop = WorkerLoop(
            apps: try AppShelf([]), reader: reader, writer: MessageWriter(descriptor: fromWorker.writeEnd))
        let ending = await withTaskGroup(of: WorkerLoop.Ending.self) { group in
            group.addTask { await loop.run() }
            group.cancelAll()
            return await group.next()
        }
        #expect(ending == .stopped)
    }

    @Test(arguments: [
        "{not json}\n", "[1]\n", "{\"type\":\"run\",\"task\":\"t\"}\n", "{\"type\":\"hello\",\"protocol\":1}\n",
        "{\"type\":\"cancel\",\"task\":7}\n",
    ])
    func `a host that breaks the protocol ends the worker with the reason`(line: String) async throws {
        let ending = try await withWorker([EchoApp()]) { (host) async throws in
            host.say(raw: line)
        }
        guard case .brokenProtocol(let reason) = ending else {
            Issue.record("ended as \(ending)")
            return
        }
        #expect(reason.hasPrefix("the host "))
    }

    @Test func `messages of a later version and empty lines are passed over`() async throws {
        _ = try await withWorker([EchoApp()]) { (host) async throws in
            host.say(raw: "\n\n{\"type\":\"weather\",\"sunny\":true}\n")
            host.run("t1", app: "test/echo")
            #expect(try await host.hear("result")["task"] == "t1")
        }
    }

    @Test func `two apps of one name are refused`() {
        #expect(throws: AppFailure.self) { try AppShelf([EchoApp(), EchoApp()]) }
    }
}
