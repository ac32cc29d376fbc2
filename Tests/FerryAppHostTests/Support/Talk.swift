// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation

@testable import FerryAppHost

/// A direct conversation with a worker over pipes, as a host has it.
final class Talk {
    let folder: String
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var rest = Data()
    private var messages: [JSONValue] = []

    /// Starts what a plan says, in a folder of its own.
    init(_ plan: LaunchPlan, in parent: String) throws {
        folder = parent + "/talk-" + Identifier.random()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        _ = FileManager.default.createFile(atPath: folder + "/log", contents: nil)
        process.executableURL = URL(fileURLWithPath: plan.program)
        process.arguments = plan.arguments
        process.environment = ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": folder, "TMPDIR": folder]
            .merging(plan.environment) { $1 }
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle(forWritingAtPath: folder + "/log")
        try process.run()
    }

    var log: String { (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? "" }

    func send(_ message: JSONValue) throws {
        try input.fileHandleForWriting.write(contentsOf: Data(message.serialized() + [10]))
    }

    /// The next message; nil at the end.
    func next() async throws -> JSONValue? {
        while true {
            if let end = rest.firstIndex(of: 10) {
                let line = rest[..<end]
                rest = Data(rest[(end + 1)...])
                return try JSONValue(parsing: Array(line))
            }
            let handle = output.fileHandleForReading
            let data = await withCheckedContinuation { done in
                DispatchQueue.global().async { done.resume(returning: handle.availableData) }
            }
            if data.isEmpty { return nil }
            rest.append(data)
        }
    }

    /// All messages up to one of those types, that one last.
    @discardableResult
    func until(_ types: String...) async throws -> [JSONValue] {
        var seen: [JSONValue] = []
        while let message = try await next() {
            seen.append(message)
            if let type = message["type"]?.stringValue, types.contains(type) { return seen }
        }
        throw Ended(seen: seen, log: log)
    }

    struct Ended: Error {
        let seen: [JSONValue]
        let log: String
    }

    /// Greets and sets up.
    func begin(setup: JSONValue = nil) async throws -> JSONValue? {
        try send(["type": "hello", "protocol": 2, "origins": []])
        try await until("hello")
        try send(["type": "setup", "app": "test/app", "setup": setup, "metadata": ["app_id": "A", "worker_id": "W"]])
        return try await until("ready", "setup_failed").last
    }

    /// Runs a task and gives all it said.
    func run(_ function: String = "run", _ input: JSONValue = [:], task: String = "t") async throws -> [JSONValue] {
        try start(function, input, task: task)
        return try await until("result", "error", "cancelled")
    }

    func start(_ function: String, _ input: JSONValue = [:], task: String = "t") throws {
        try send([
            "type": "run", "task": .string(task), "app": "test/app", "function": .string(function), "input": input,
            "output_dir": .string(folder + "/out"),
            "metadata": ["task_id": .string(task), "session_id": "S"],
        ])
    }

    /// Asks it to end and gives its exit code.
    func end() async throws -> Int32 {
        try send(["type": "shutdown"])
        while try await next() != nil {}
        let process = process
        return await withCheckedContinuation { done in
            DispatchQueue.global().async {
                process.waitUntilExit()
                done.resume(returning: process.terminationStatus)
            }
        }
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
}
