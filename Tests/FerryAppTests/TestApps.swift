// SPDX-License-Identifier: Apache-2.0

import FerryApp
import FerryWire

/// Returns what it was called with.
struct EchoApp: App {
    static let manifest = testManifest("echo", functions: ["run", "shout"])

    func run(function: String, input: JSONValue, context: TaskContext) async throws -> JSONValue {
        ["function": .string(function), "task": .string(context.taskID), "input": input]
    }
}

/// Writes to the descriptor that stands for standard output, as a careless app prints.
struct PrintingApp: App {
    static let manifest = testManifest("printing")
    let write: @Sendable (Int32, String) -> Void

    func run(function: String, input: JSONValue, context: TaskContext) async throws -> JSONValue {
        let descriptor = Int32(input["descriptor"]?.integerValue ?? -1)
        for number in 1...3 { write(descriptor, "{\"type\":\"result\",\"printed\":\(number)}\n") }
        return ["done": true]
    }
}

/// Reports everything there is to report.
struct ReportingApp: App {
    static let manifest = testManifest("reporting")

    func run(function: String, input: JSONValue, context: TaskContext) async throws -> JSONValue {
        context.log("starting", level: .debug)
        context.progress(0.5, message: "half")
        context.progress(7)
        context.progress(.nan)
        context.log(String(repeating: "é", count: 20_000))
        await context.partial(["so": "far"])
        return [:]
    }
}

/// Waits until cancelled.
struct SleepyApp: App {
    static let manifest = testManifest("sleepy")

    func run(function: String, input: JSONValue, context: TaskContext) async throws -> JSONValue {
        context.log("asleep")
        try await Task.sleep(for: .seconds(600))
        return [:]
    }
}

/// Throws what it is asked to, or returns what cannot be handed on.
struct FailingApp: App {
    struct Foreign: Error {
        let secret = "/home/somebody/secret"
    }

    static let manifest = testManifest("failing")

    func run(function: String, input: JSONValue, context: TaskContext) async throws -> JSONValue {
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
