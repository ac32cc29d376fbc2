// SPDX-License-Identifier: Apache-2.0

import Dispatch
import FerryWire
import Foundation
import Testing

/// The executable under test, spoken to as a server does.
final class BuiltinApps: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Longest a test may take, after which the process is killed and its output ends.
    private static let deadline: DispatchTimeInterval = .seconds(90)

    /// The executable, which the build puts beside the tests.
    static var executable: URL {
        let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        return bundle.deletingLastPathComponent().appendingPathComponent("ferry-builtin-apps")
    }

    let folder: URL
    private let process: Process
    private let input: FileHandle
    private let output: FileHandle
    private let queue = DispatchQueue(label: "builtin-apps-tests.output")
    // Touched on the queue alone.
    private nonisolated(unsafe) var pending = Data()

    private init(environment: [String: String]) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("ferry-apps-\(UUID().uuidString)")
        for name in ["in", "out", "work"] {
            try FileManager.default.createDirectory(
                at: folder.appendingPathComponent(name), withIntermediateDirectories: true)
        }
        let toApps = Pipe()
        let fromApps = Pipe()
        process = Process()
        process.executableURL = Self.executable
        process.environment = ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"].merging(environment) { $1 }
        process.standardInput = toApps
        process.standardOutput = fromApps
        process.standardError = FileHandle.nullDevice
        input = toApps.fileHandleForWriting
        output = fromApps.fileHandleForReading
        try process.run()
        let running = process
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.deadline) {
            if running.isRunning { running.terminate() }
        }
    }

    /// Starts the executable, greets it and lets `body` use it; afterwards its input ends, and it must exit with 0.
    ///
    /// - Parameter environment: what its environment holds beside the usual.
    static func with(
        environment: [String: String] = [:], _ body: (BuiltinApps) async throws -> Void
    ) async throws {
        let apps = try BuiltinApps(environment: environment)
        defer { try? FileManager.default.removeItem(at: apps.folder) }
        let result: Result<Void, any Error>
        do {
            apps.say(["type": "hello", "protocol": 2, "origins": []])
            let hello = try await apps.hear()
            let all = ["ferry/chat-completions", "ferry/file-inspector", "ferry/image-processor"]
            #expect(hello["apps"] == .array(all.map(JSONValue.string)))
            for app in all {
                apps.say(["type": "setup", "app": .string(app), "setup": nil, "metadata": [:]])
                #expect(try await apps.hear() == ["type": "ready"])
            }
            result = .success(try await body(apps))
        } catch {
            result = .failure(error)
        }
        try? apps.input.close()
        let status = await apps.exitStatus()
        try result.get()
        #expect(status == 0)
    }

    func say(_ message: JSONValue) {
        // A process that has ended is told by what it says next, which is nothing.
        try? input.write(contentsOf: Data(message.serialized() + [UInt8(ascii: "\n")]))
    }

    func hear() async throws -> JSONValue {
        let line: Data? = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: self.nextLine()) }
        }
        guard let line else { throw Failure(description: "the process said nothing more") }
        return try JSONValue(parsing: line)
    }

    private func nextLine() -> Data? {
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Data(pending[..<end])
                pending = Data(pending[(end + 1)...])
                return line
            }
            let more = output.availableData
            if more.isEmpty { return nil }
            pending.append(more)
        }
    }

    private func exitStatus() async -> Int32 {
        await withCheckedContinuation { continuation in
            queue.async {
                while self.nextLine() != nil {}
                self.process.waitUntilExit()
                continuation.resume(returning: self.process.terminationStatus)
            }
        }
    }

    /// Puts a file where inputs lie.
    func put(_ bytes: some Collection<UInt8>, as filename: String) throws -> JSONValue {
        let url = folder.appendingPathComponent("in").appendingPathComponent(UUID().uuidString)
        try Data(bytes).write(to: url)
        return ["path": .string(url.path), "filename": .string(filename), "size": .integer(Int64(bytes.count))]
    }

    /// Hands over a task and returns its last message: `result`, `error` or `cancelled`.
    func run(_ app: String, _ input: JSONValue, function: String = "run") async throws -> JSONValue {
        try await runTelling(app, input, function: function).last
    }

    /// Hands over a task and returns its last message, and the increments of its answer.
    func runTelling(
        _ app: String, _ input: JSONValue, function: String = "run"
    ) async throws -> (last: JSONValue, deltas: [JSONValue]) {
        let task = start(app, input, function: function)
        var deltas: [JSONValue] = []
        while true {
            let message = try await hear()
            if message["type"] == "delta" { deltas.append(message["delta"] ?? .null) }
            guard ["result", "error", "cancelled"].contains(message["type"]?.stringValue) else { continue }
            #expect(message["task"]?.stringValue == task)
            return (message, deltas)
        }
    }

    /// Hands over a task and returns its id. Each task has an output folder of its own.
    func start(_ app: String, _ input: JSONValue, function: String = "run") -> String {
        let task = UUID().uuidString
        let out = folder.appendingPathComponent("out").appendingPathComponent(task)
        try? FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
        say([
            "type": "run", "task": .string(task), "app": .string("ferry/\(app)"), "function": .string(function),
            "input": input,
            "work_dir": .string(folder.appendingPathComponent("work").path), "output_dir": .string(out.path),
        ])
        return task
    }

    /// Runs `image-processor`, which must succeed, and returns its output.
    func process(_ image: JSONValue, _ options: JSONObject = [:]) async throws -> JSONValue {
        let message = try await run("image-processor", Self.input(image, options))
        guard let output = message["output"] else { throw Failure(description: "\(message)") }
        return output
    }

    /// Runs `image-processor`, which must fail, and returns the message for the caller. No file may be left.
    func refusal(_ image: JSONValue, _ options: JSONObject = [:]) async throws -> String {
        let message = try await run("image-processor", Self.input(image, options))
        let task = message["task"]?.stringValue ?? ""
        #expect(try leftovers(of: task) == [])
        #expect(message["code"] == "invalid_input")
        guard let text = message["message"]?.stringValue else { throw Failure(description: "\(message)") }
        #expect(!text.contains(folder.lastPathComponent), "no path may be shown")
        return text
    }

    /// The names in a task's output folder.
    func leftovers(of task: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(
            atPath: folder.appendingPathComponent("out").appendingPathComponent(task).path)
    }

    /// Runs `file-inspector`, which must succeed, and returns its output.
    func inspect(_ file: JSONValue) async throws -> JSONValue {
        let message = try await run("file-inspector", ["file": file])
        guard let output = message["output"] else { throw Failure(description: "\(message)") }
        return output
    }

    /// The bytes of an output file.
    func bytes(_ file: JSONValue?) throws -> [UInt8] {
        let path = try #require(file?["path"]?.stringValue)
        #expect(path.hasPrefix(folder.appendingPathComponent("out").path))
        return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    private static func input(_ image: JSONValue, _ options: JSONObject) -> JSONValue {
        var members = options
        members["image"] = image
        return .object(members)
    }
}
