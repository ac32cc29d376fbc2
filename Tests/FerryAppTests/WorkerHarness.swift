// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@testable import FerryApp

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A pipe whose ends are closed once.
struct DescriptorPair {
    let readEnd: Int32
    let writeEnd: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        readEnd = ends[0]
        writeEnd = ends[1]
    }
}

/// The host's side of a worker under test.
struct HostSide: Sendable {
    let reader: LineReader
    let log: LineReader
    let output: Int32
    /// What descriptor 1 would be to an app: where prints go.
    let printing: Int32
    let folder: String

    /// Says something to the worker.
    func say(_ message: JSONValue) {
        #expect(writeAll(message.serialized() + [UInt8(ascii: "\n")], to: output))
    }

    /// Says something that need not be JSON.
    func say(raw text: String) {
        #expect(writeAll(Array(text.utf8), to: output))
    }

    /// Sets an app up and waits until it is ready.
    func setUp(_ app: String, _ setup: JSONValue = nil) async throws {
        say(["type": "setup", "app": .string(app), "setup": setup, "metadata": ["worker_id": "w1"]])
        #expect(try await hear("ready") == ["type": "ready"])
    }

    /// Hands over a task.
    func run(_ task: String, app: String, function: String? = nil, input: JSONValue = [:]) {
        var message: JSONObject = [
            "type": "run", "task": .string(task), "app": .string(app), "input": input,
            "work_dir": .string(folder), "output_dir": .string(folder),
            "metadata": ["task_id": .string(task), "team_id": "team"],
        ]
        if let function { message["function"] = .string(function) }
        say(.object(message))
    }

    /// The next message of the worker.
    func hear() async throws -> JSONValue {
        guard case .bytes(let line)? = await reader.next() else {
            throw AppFailure("the worker said nothing more")
        }
        return try JSONValue(parsing: line)
    }

    /// The next message of that type; those before it are skipped.
    func hear(_ type: String) async throws -> JSONValue {
        while true {
            let message = try await hear()
            if message["type"]?.stringValue == type { return message }
        }
    }
}

/// Runs a worker over pipes, as `AppWorker.main` does over standard input and output, while `body` plays the host,
/// with every app set up unless told otherwise.
/// The worker's input ends when `body` returns.
func withWorker(
    _ apps: [any HostedApp], settingUp: Bool = true, _ body: (HostSide) async throws -> Void
) async throws -> WorkerLoop.Ending {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ferry-app-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let toWorker = try DescriptorPair()
    let fromWorker = try DescriptorPair()
    let prints = try DescriptorPair()
    let channel = try PrivateDescriptors.take(
        input: toWorker.readEnd, output: fromWorker.writeEnd, log: prints.writeEnd)
    defer {
        for descriptor in [
            toWorker.readEnd, fromWorker.readEnd, fromWorker.writeEnd, prints.readEnd, prints.writeEnd,
            channel.input, channel.output,
        ] { close(descriptor) }
    }
    let reader = try LineReader(descriptor: channel.input, maximumLength: HostMessage.maximumLength)
    let loop = WorkerLoop(
        apps: try AppShelf(apps), reader: reader, writer: MessageWriter(descriptor: channel.output))
    let host = HostSide(
        reader: try LineReader(descriptor: fromWorker.readEnd, maximumLength: 16 << 20),
        log: try LineReader(descriptor: prints.readEnd, maximumLength: 1 << 20),
        output: toWorker.writeEnd, printing: fromWorker.writeEnd, folder: folder.path)
    async let ending = loop.run()
    let result: Result<Void, any Error>
    do {
        if settingUp {
            #expect(try await host.hear()["type"] == "hello")
            for app in apps { try await host.setUp(app.manifest.reference) }
        }
        result = .success(try await body(host))
    } catch {
        result = .failure(error)
    }
    close(toWorker.writeEnd)
    let value = await ending
    try result.get()
    return value
}
