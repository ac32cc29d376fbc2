// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@testable import FerryApp

/// An app that needs no setup and has no types.
protocol UntypedApp: HostedApp {}

extension UntypedApp {
    func setUp(_ setup: JSONValue, context: SetupContext) async throws {}
    func cancel() async {}
    func unload() async {}
}

/// Returns what it was called with.
struct EchoApp: UntypedApp {
    let manifest = testManifest("echo", functions: ["run", "shout"])

    func run(function: String, input: JSONValue, scope: TaskScope) async throws -> JSONValue {
        ["function": .string(function), "task": .string(scope.taskID), "input": input]
    }
}

/// Writes to the descriptor that stands for standard output, as a careless app prints.
struct PrintingApp: UntypedApp {
    let manifest = testManifest("printing")
    let write: @Sendable (Int32, String) -> Void

    func run(function: String, input: JSONValue, scope: TaskScope) async throws -> JSONValue {
        let descriptor = Int32(input["descriptor"]?.integerValue ?? -1)
        for number in 1...3 { write(descriptor, "{\"type\":\"result\",\"printed\":\(number)}\n") }
        return ["done": true]
    }
}

/// Reports everything there is to report.
struct ReportingApp: UntypedApp {
    let manifest = testManifest("reporting")

    func run(function: String, input: JSONValue, scope: TaskScope) async throws -> JSONValue {
        let reporter = try #require(scope.reporter)
        reporter.log("starting", level: .debug)
        reporter.progress(0.5, message: "half")
        reporter.progress(7, message: nil)
        reporter.progress(.nan, message: nil)
        reporter.log(String(repeating: "é", count: 20_000), level: .info)
        await reporter.partial(["so": "far"])
        await reporter.delta(["response": "more"])
        return [:]
    }
}

/// Waits until cancelled.
struct SleepyApp: UntypedApp {
    let manifest = testManifest("sleepy")

    func run(function: String, input: JSONValue, scope: TaskScope) async throws -> JSONValue {
        scope.reporter?.log("asleep", level: .info)
        try await Task.sleep(for: .seconds(600))
        return [:]
    }
}

/// Throws what it is asked to, or returns what cannot be handed on.
struct FailingApp: UntypedApp {
    struct Foreign: Error {
        let secret = "/home/somebody/secret"
    }

    let manifest = testManifest("failing")

    func run(function: String, input: JSONValue, scope: TaskScope) async throws -> JSONValue {
        switch input["kind"]?.stringValue {
        case "failure": throw AppFailure("cat.png is no cat", code: .invalidInput)
        case "own code": throw AppFailure("too many cats", code: .init(rawValue: "cat_limit"))
        case "cancellation": throw CancellationError()
        case "array": return [1, 2]
        case "huge": return ["text": .string(String(repeating: "x", count: 9 << 20))]
        default: throw Foreign()
        }
    }
}

func testManifest(_ name: String, functions: [String] = ["run"]) -> AppManifest {
    AppManifest(
        namespace: "test", name: name, version: "1", description: "A test.",
        functions: Dictionary(
            uniqueKeysWithValues: functions.map { ($0, FunctionSchema(input: ["type": "object"], output: true)) }))
}
