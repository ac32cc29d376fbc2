// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation

/// The built `ferry` program, with a home and a data folder of its own.
struct CLICommand: Sendable {
    /// What a run of the program said.
    struct Result: Sendable {
        var status: Int32
        var output: [UInt8]
        var errors: String

        /// Standard output as text.
        var text: String { String(decoding: output, as: UTF8.self) }
        /// The lines of standard output.
        var lines: [String] { text.split(separator: "\n").map(String.init) }
        /// A line of standard output, from 0.
        func line(_ index: Int = 0) throws -> String {
            guard lines.indices.contains(index) else { throw NoSuchLine(index: index, status: status, errors: errors) }
            return lines[index]
        }

        struct NoSuchLine: Error {
            var index: Int
            var status: Int32
            var errors: String
        }

        /// The lines of standard error, but for the one that names the server.
        var errorLines: [String] {
            errors.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("ferry: using ") }
        }
        /// The address in the line that names the server.
        var server: String? {
            errors.split(separator: "\n").first { $0.hasPrefix("ferry: using ") }?
                .dropFirst("ferry: using ".count).split(separator: " ").first.map(String.init)
        }
        /// Standard output as one JSON value.
        func json() throws -> JSONValue { try JSONValue(parsing: lines.last ?? "") }
    }

    let folder: TestFolder

    var dataDirectory: String { folder.url.path + "/data" }

    static var repository: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
    }

    /// A photograph.
    static var photograph: URL { repository.appendingPathComponent("Demo/coffee.png") }

    static var program: URL {
        if let path = ProcessInfo.processInfo.environment["FERRY_BIN"] { return URL(fileURLWithPath: path) }
        return URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("ferry")
    }

    /// Runs the body with a program of a fresh folder; the embedded server, if one was started, is stopped afterwards.
    static func with(_ body: (CLICommand) async throws -> Void) async throws {
        let command = CLICommand(folder: try TestFolder())
        do {
            try await body(command)
        } catch {
            await command.stopServer()
            throw error
        }
        await command.stopServer()
    }

    /// Runs the program to its end.
    func callAsFunction(
        _ arguments: String..., input: [UInt8] = [], environment: [String: String] = [:]
    ) async throws -> Result {
        try await started(arguments, input: .bytes(input), environment: environment).result()
    }

    /// Runs the program under another one, such as `setpriv`, or another program in its place.
    func through(_ program: String, _ arguments: [String], environment: [String: String] = [:]) async throws -> Result {
        try await started(
            arguments, environment: environment.merging(["FERRY": Self.program.path]) { $1 },
            program: URL(fileURLWithPath: program)
        ).result()
    }

    /// What the program reads.
    enum Input {
        case bytes([UInt8])
        case pipe(Pipe)
    }

    /// Starts the program.
    func started(
        _ arguments: [String], input: Input = .bytes([]), environment: [String: String] = [:],
        program: URL = CLICommand.program
    ) throws -> RunningCommand {
        let name = UUID().uuidString
        let output = try folder.file("\(name).out", bytes: [])
        let errors = try folder.file("\(name).err", bytes: [])
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = folder.url
        process.environment = [
            "HOME": folder.url.path, "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
            "FERRY_DATA_DIR": dataDirectory,
        ].merging(environment) { $1 }
        switch input {
        case .bytes(let bytes):
            process.standardInput = try FileHandle(forReadingFrom: try folder.file("\(name).in", bytes: bytes))
        case .pipe(let pipe): process.standardInput = pipe
        }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        return try RunningCommand(process, output: output, errors: errors)
    }

    /// The server's process id, as it stands in the data folder.
    var serverProcess: pid_t? {
        guard let bytes = try? Data(contentsOf: URL(fileURLWithPath: dataDirectory + "/server.json")),
            let json = try? JSONValue(parsing: Array(bytes).prefix { $0 != UInt8(ascii: "\n") })
        else { return nil }
        return json["pid"]?.integerValue.map { pid_t($0) }
    }

    private func stopServer() async {
        guard let process = serverProcess, isServerRunning else { return }
        kill(process, SIGTERM)
        let deadline = ContinuousClock.now + .seconds(20)
        while isServerRunning, ContinuousClock.now < deadline { try? await Task.sleep(for: .milliseconds(20)) }
        if isServerRunning { kill(process, SIGKILL) }
    }

    /// A running server has its file locked.
    private var isServerRunning: Bool {
        let descriptor = open(dataDirectory + "/server.json", O_RDONLY)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0
    }
}

/// A program that runs.
final class RunningCommand: Sendable {
    private let process: Process
    private let output: URL
    private let errors: URL
    private let ended: Task<Int32, Never>

    init(_ process: Process, output: URL, errors: URL) throws {
        let (statuses, continuation) = AsyncStream<Int32>.makeStream()
        process.terminationHandler = { process in
            let isExit = process.terminationReason == .exit
            continuation.yield(isExit ? process.terminationStatus : -process.terminationStatus)
            continuation.finish()
        }
        ended = Task { await statuses.first { _ in true } ?? -1 }
        self.process = process
        self.output = output
        self.errors = errors
        try process.run()
    }

    /// Sends a signal.
    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// What standard error holds by now.
    func errorText() throws -> String { try String(contentsOf: errors, encoding: .utf8) }

    /// Waits until standard error holds these words.
    func says(_ words: String) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while try !errorText().contains(words) {
            guard ContinuousClock.now < deadline else { throw Silence(words: words) }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    struct Silence: Error { var words: String }

    /// Waits for the end.
    func result() async throws -> CLICommand.Result {
        let status = await ended.value
        return CLICommand.Result(
            status: status, output: Array(try Data(contentsOf: output)),
            errors: try String(contentsOf: errors, encoding: .utf8))
    }
}
