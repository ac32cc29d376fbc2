// SPDX-License-Identifier: Apache-2.0

import FerryWire
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
struct Pipe {
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
    let folder = "/tmp/ferry-app-tests"

    /// Says something to the worker.
    func say(_ message: JSONValue) {
        #expect(writeAll(message.serialized() + [UInt8(ascii: "\n")], to: output))
    }

    /// Says something that need not be JSON.
    func say(raw text: String) {
        #expect(writeAll(Array(text.utf8), to: output))
    }

    /// Hands over a task.
    func run(_ task: String, app: String, function: String? = nil, input: JSONValue = [:]) {
        var message: JSONObject = [
            "type": "run", "task": .string(task), "app": .string(app), "input": input,
            "work_dir": .string(folder), "output_dir": .string(folder),
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

/// Runs a worker over pipes, as `AppWorker.main` does over standard input and output, while `body` plays the host.
/// The worker's input ends when `body` returns.
func withWorker(
    _ apps: [any App], _ body: (HostSide) async throws -> Void
) async throws -> WorkerLoop.Ending {
    let toWorker = try Pipe()
    let fromWorker = try Pipe()
    let prints = try Pipe()
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
        apps: try AppWorker.index(apps), reader: reader, writer: MessageWriter(descriptor: channel.output))
    let host = HostSide(
        reader: try LineReader(descriptor: fromWorker.readEnd, maximumLength: 16 << 20),
        log: try LineReader(descriptor: prints.readEnd, maximumLength: 1 << 20),
        output: toWorker.writeEnd, printing: fromWorker.writeEnd)
    async let ending = loop.run()
    let result: Result<Void, any Error>
    do {
        result = .success(try await body(host))
    } catch {
        result = .failure(error)
    }
    close(toWorker.writeEnd)
    let value = await ending
    try result.get()
    return value
}
