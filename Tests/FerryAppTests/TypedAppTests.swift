// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Synchronization
import Testing

@testable import FerryApp

@Suite(.timeLimit(.minutes(1))) struct TypedAppTests {
    private func put(_ text: String, in host: HostSide) throws -> JSONValue {
        let path = "\(host.folder)/note.txt"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return ["path": .string(path), "filename": "note.txt"]
    }

    @Test func `the manifest follows from the types`() throws {
        let json = try TypedApp(CopyApp()).manifest.json
        #expect(json["namespace"] == "test" && json["name"] == "copy" && json["version"] == "3")
        #expect(json["functions"]?.objectValue?.keys == ["run", "shout", "whisper"])
        #expect(json["functions"]?["run"]?["description"] == "Copies a file.")
        #expect(json["functions"]?["shout"]?["input_schema"]?["required"] == ["word"])
        #expect(json["setup_schema"]?["properties"]?["times"]?["maximum"] == 3)
    }

    @Test func `a task runs on files, shows partial outputs and hands the files out`() async throws {
        let app = CopyApp()
        let ending = try await withWorker([try TypedApp(app)], settingUp: false) { (host) async throws in
            _ = try await host.hear("hello")
            host.say(["type": "setup", "app": "test/copy", "setup": ["times": 2], "metadata": ["worker_id": "w9"]])
            #expect(
                try await host.hear() == ["type": "log", "level": "info", "message": "setting up for w9"])
            #expect(try await host.hear() == ["type": "ready"])
            host.run("t1", app: "test/copy", input: ["file": try put("hello", in: host)])
            #expect(try await host.hear("partial")["output"]?["times"] == 1)
            #expect(try await host.hear("partial")["output"]?["copies"]?.arrayValue?.count == 2)
            let log = try await host.hear("log")
            #expect(log["level"] == "warning" && log["message"] == "copied times=2")
            let output = try await host.hear("result")["output"]
            #expect(output?["remark"] == .null && output?["times"] == 2)
            #expect(output?["output_meta"]?["outputs"] == [["type": "text", "tokens": 7]])
            let path = try #require(output?["copies"]?[1]?["path"]?.stringValue)
            #expect(path.hasSuffix("/2 note.txt"))
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "hello")
            host.run("t2", app: "test/copy", function: "shout", input: ["word": "ho"])
            #expect(try await host.hear("result")["output"] == ["loud": "HO", "team": "team"])
            host.run("t3", app: "test/copy", function: "whisper", input: ["word": "HO"])
            #expect(try await host.hear("result")["output"]?["loud"] == "ho")
            host.say(["type": "shutdown"])
        }
        #expect(ending == .stopped)
        #expect(app.events.withLock { $0 } == ["setup", "unload"])
    }

    @Test(
        arguments: [
            (["mistake": "x"], "invalid_input", "file is missing"),
            (["file": "f", "mistake": "no value"], "invalid_output", "the app's output times was given no value"),
            (
                ["file": "f", "mistake": "no file"], "invalid_output",
                """
                the app's output /copies/1 is the file never.txt, which does not exist; \
                write it before the output is returned
                """
            ),
        ] as [(JSONObject, String, String)])
    func `a wrong input or output names its field`(input: JSONObject, code: String, message: String) async throws {
        _ = try await withWorker([try TypedApp(CopyApp())]) { (host) async throws in
            var input = input
            if input["file"] != nil { input["file"] = try put("hello", in: host) }
            host.run("t1", app: "test/copy", input: .object(input))
            let error = try await host.hear("error")
            #expect(error["code"]?.stringValue == code)
            #expect(error["message"]?.stringValue == message)
        }
    }

    @Test func `the app is told of a cancellation before its task is cancelled`() async throws {
        let app = CopyApp()
        _ = try await withWorker([try TypedApp(app)]) { (host) async throws in
            host.run("t1", app: "test/copy", input: ["file": try put("x", in: host), "mistake": "sleep"])
            _ = try await host.hear("log")
            host.say(["type": "cancel", "task": "t1"])
            #expect(try await host.hear() == ["type": "cancelled", "task": "t1"])
            #expect(app.events.withLock { $0 } == ["setup", "cancel"])
            host.run("t2", app: "test/copy", input: ["file": try put("x", in: host)])
            #expect(try await host.hear("result")["task"] == "t2")
        }
    }

    @Test(
        arguments: [
            (["fails": true], "failed", "the model is missing"),
            (["times": 4], "invalid_input", "times must be an integer from 1 to 3"),
            ([1], "invalid_input", "the setup must be an object, not array"),
        ] as [(JSONValue, String, String)])
    func `a setup that fails says so, and the app does not run`(
        setup: JSONValue, code: String, message: String
    ) async throws {
        let app = CopyApp()
        _ = try await withWorker([try TypedApp(app)], settingUp: false) { (host) async throws in
            host.say(["type": "setup", "app": "test/copy", "setup": setup])
            let failure = try await host.hear("setup_failed")
            #expect(failure["code"]?.stringValue == code)
            #expect(failure["message"]?.stringValue == message)
            host.run("t1", app: "test/copy")
            #expect(try await host.hear("error")["code"] == "not_ready")
        }
        #expect(app.events.withLock { $0 } == [])
    }

    @Test func `an app is set up once, and before it runs`() async throws {
        _ = try await withWorker([try TypedApp(CopyApp())], settingUp: false) { (host) async throws in
            host.run("t0", app: "test/copy")
            #expect(try await host.hear("error")["code"] == "not_ready")
            try await host.setUp("test/copy")
            host.say(["type": "setup", "app": "test/copy"])
            #expect(
                try await host.hear("setup_failed")["message"]?.stringValue?.hasPrefix("test/copy was set up") == true)
            host.say(["type": "setup", "app": "test/none"])
            #expect(try await host.hear("setup_failed")["code"] == "unknown_app")
        }
    }

    @Test func `the origins of the greeting are handed on`() async throws {
        let toWorker = try DescriptorPair()
        let fromWorker = try DescriptorPair()
        let (origins, heard) = AsyncStream<[String]>.makeStream()
        let reader = try LineReader(descriptor: toWorker.readEnd, maximumLength: 1000)
        let loop = WorkerLoop(
            apps: try AppShelf([]), reader: reader, writer: MessageWriter(descriptor: fromWorker.writeEnd),
            onGreeting: { heard.yield($0) })
        async let ending = loop.run()
        let greeting: JSONValue = ["type": "hello", "protocol": 2, "origins": ["http://127.0.0.1:8787"]]
        #expect(writeAll(greeting.serialized() + [UInt8(ascii: "\n")], to: toWorker.writeEnd))
        var iterator = origins.makeAsyncIterator()
        #expect(await iterator.next() == ["http://127.0.0.1:8787"])
        close(toWorker.writeEnd)
        #expect(await ending == .stopped)
        for descriptor in [toWorker.readEnd, fromWorker.readEnd, fromWorker.writeEnd] { close(descriptor) }
    }

    @Test func `an app without a namespace answers to whatever the host calls it`() throws {
        struct Nameless: UntypedApp {
            let manifest = AppManifest(
                namespace: "", name: "x", version: "1", description: "",
                functions: ["run": .init(input: [:], output: [:])])
            func run(function: String, input: JSONValue, scope: TaskScope) async throws -> JSONValue { [:] }
        }
        #expect(try AppShelf([Nameless()]).app("any/thing").key == "x")
        #expect(throws: AppFailure.self) { try AppShelf([EchoApp()]).app("any/thing") }
    }
}
