// SPDX-License-Identifier: Apache-2.0

public import FerryClient
internal import FerryWire
internal import Subprocess
internal import SystemPackage

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// A real server for the length of a test.
public struct FerryTestServer: Sendable {
    /// Its address.
    public let baseURL: String
    /// Its root key, which may do everything.
    public let apiKey: String
    /// The folder it keeps everything in; `server.log` there is what it said.
    public let dataDirectory: String
    /// Its process.
    public let processID: Int32

    /// Kills it as a power cut would: at once, with no chance to tidy up.
    public func killAbruptly() { kill(processID, SIGKILL) }
}

/// The server could not be started. The message says why.
public struct FerryTestServerFailure: Error, Sendable, CustomStringConvertible {
    public let description: String
}

/// Starts `ferry serve` on a free port of this machine with a folder of its own, runs the body with a client of it, and
/// stops it, however the body ends.
///
/// - Parameters:
///   - executable: the `ferry` program; by default `FERRY_BIN`, else the one beside the running tests, else on `PATH`.
///   - dataDirectory: a folder to use and keep; by default a new one, which is removed.
///   - arguments: more flags for `ferry serve`.
///   - startTimeout: how long the start may take. 30 s.
/// - Throws: ``FerryTestServerFailure`` if it does not start, and what the body throws.
public func withFerryServer<Success: Sendable>(
    executable: String? = nil, dataDirectory: String? = nil, arguments: [String] = [],
    startTimeout: Duration = .seconds(30), _ body: (Ferry, FerryTestServer) async throws -> Success
) async throws -> Success {
    let program = try executable ?? findFerry()
    let folder = dataDirectory ?? temporaryFolder()
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { if dataDirectory == nil { try? FileManager.default.removeItem(atPath: folder) } }
    let key = "inf_test_\(Identifier.random())"
    let log = try FileDescriptor.open(
        FilePath(folder + "/server.log"), .writeOnly, options: [.create, .append, .closeOnExec],
        permissions: [.ownerReadWrite])
    let outcome = try await run(
        .path(FilePath(program)),
        arguments: Arguments(["serve", "--port", "0", "--data-dir", folder] + arguments),
        environment: .inherit.updating(["FERRY_ROOT_KEY": key]),
        input: .none, output: .sequence, error: .fileDescriptor(log, closeAfterSpawningProcess: true)
    ) { execution -> Result<Success, any Error> in
        do {
            let process = execution.processIdentifier.value
            let address = try await within(startTimeout, of: process) {
                for try await line in execution.standardOutput.strings() {
                    let words = line.split(whereSeparator: \.isWhitespace)
                    if let last = words.last, words.dropLast().last == "on" { return String(last) }
                }
                throw FerryTestServerFailure(
                    description: "the server ended before it listened; see \(folder)/server.log")
            }
            let server = FerryTestServer(baseURL: address, apiKey: key, dataDirectory: folder, processID: process)
            let success = try await withFerry(configuration: configuration(server)) { try await body($0, server) }
            kill(process, SIGTERM)
            return .success(success)
        } catch {
            kill(execution.processIdentifier.value, SIGTERM)
            return .failure(error)
        }
    }
    return try outcome.closureResult.get()
}

private func configuration(_ server: FerryTestServer) -> FerryConfiguration {
    var configuration = FerryConfiguration()
    configuration.baseURL = server.baseURL
    configuration.apiKey = APIKey(server.apiKey)
    return configuration
}

/// Kills the process when the operation takes too long, which ends its output and so the operation.
private func within<Value: Sendable>(
    _ timeout: Duration, of process: Int32, _ operation: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await operation() }
        group.addTask {
            try await Task.sleep(for: timeout)
            kill(process, SIGKILL)
            return nil
        }
        defer { group.cancelAll() }
        while let value = try await group.next() {
            if let value { return value }
        }
        throw FerryTestServerFailure(description: "the server did not listen within \(timeout)")
    }
}

private func findFerry() throws -> String {
    let environment = ProcessInfo.processInfo.environment
    if let path = environment["FERRY_BIN"] { return path }
    let own = CommandLine.arguments.first ?? ""
    let beside =
        own.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/ferry"
    let folders = (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/ferry" }
    for path in [beside] + folders where FileManager.default.isExecutableFile(atPath: path) { return path }
    throw FerryTestServerFailure(description: "no ferry program found; set FERRY_BIN to its path")
}

private func temporaryFolder() -> String {
    let base = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
    return "\(base)/ferry-test-\(Identifier.random())"
}
