// SPDX-License-Identifier: Apache-2.0

import Crypto
import FerryWire
import Foundation
import Synchronization
import Testing

@testable import FerryClient

/// Waits that were asked for instead of being waited.
final class Waits: Sendable {
    private let waits = Mutex<[Duration]>([])
    var all: [Duration] { waits.withLock { $0 } }
    func add(_ wait: Duration) { waits.withLock { $0.append(wait) } }
}

/// A value that tests change from several tasks.
final class Shared<Value: Sendable>: Sendable {
    private let mutex: Mutex<Value>
    init(_ value: Value) { mutex = Mutex(value) }
    var value: Value { mutex.withLock { $0 } }
    func change<Outcome: Sendable>(_ body: (inout Value) -> Outcome) -> Outcome {
        mutex.withLock { value in
            var copy = value
            defer { value = copy }
            return body(&copy)
        }
    }
}

/// A configuration for the stub: a key, no real waits.
func testConfiguration(_ url: String, waits: Waits = Waits()) -> FerryConfiguration {
    var configuration = FerryConfiguration(apiKey: "inf_test_secret", baseURL: url)
    configuration.sleep = { wait in
        waits.add(wait)
        try Task.checkCancellation()
        await Task.yield()
    }
    configuration.random = { 0.5 }
    return configuration
}

/// Runs the body with a stub server and a client of it.
func withStub(
    change: (inout FerryConfiguration) -> Void = { _ in }, atHead: @escaping StubServer.HeadScript = { _, _ in nil },
    script: @escaping StubServer.Script, _ body: (Ferry, StubServer) async throws -> Void
) async throws {
    let server = try await StubServer.start(atHead: atHead, script)
    var configuration = testConfiguration(server.url)
    change(&configuration)
    do {
        try await withFerry(configuration: configuration) { try await body($0, server) }
        try await server.stop()
    } catch {
        try await server.stop()
        throw error
    }
}

/// Runs the body with a folder that is removed afterwards.
func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.path + "/ferry-client-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(folder)
}

/// Waits, with a deadline, until a condition holds.
func eventually(within limit: Duration = .seconds(10), _ condition: () -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + limit
    while !condition() {
        if ContinuousClock.now > deadline { return false }
        try await Task.sleep(for: .milliseconds(5))
    }
    return true
}

/// Runs the body and gives the error it throws.
func ferryError(_ body: () async throws -> Void) async -> FerryError? {
    do {
        try await body()
        return nil
    } catch let error as FerryError {
        return error
    } catch {
        Issue.record("not a FerryError: \(error)")
        return nil
    }
}

func write(_ bytes: some Sequence<UInt8>, to path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
}

func append(_ bytes: [UInt8], to path: String) throws {
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    defer { try? handle.close() }
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(bytes))
}

func read(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
}

/// Bytes that differ from place to place, always the same.
func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed
    var bytes = [UInt8](repeating: 0, count: count)
    for index in bytes.indices {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes[index] = UInt8(truncatingIfNeeded: state >> 33)
    }
    return bytes
}

func sha256(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }

let fileID = "abcdefghijklmnopqrstuvwxyz"

/// A record as the API gives it.
func record(
    id: String = fileID, uploadURL: String = "", url: String = "", filename: String = "a.bin",
    contentType: String = "application/octet-stream", size: Int64 = 0, sha256: String? = nil
) -> FileDTO {
    FileDTO(
        id: id, createdAt: Timestamp(seconds: 0), updatedAt: Timestamp(seconds: 0), uploadURL: uploadURL,
        uri: "inf://files/\(id)/\(filename)", url: url, contentType: contentType, size: size, filename: filename,
        sha256: sha256)
}

/// The answers of a server that stores what is PUT, for one file after another.
func storing(_ request: StubRequest, _ server: StubServer) -> StubReply {
    switch (request.method, request.path) {
    case ("POST", "/files"):
        let partial = request.json?["files"]?[0]
        let id = Identifier.random()
        let made = record(
            id: id, uploadURL: "\(server.url)/uploads/\(id)?signature=secret",
            filename: partial?["filename"]?.stringValue ?? "",
            contentType: partial?["content_type"]?.stringValue ?? "", size: partial?["size"]?.integerValue ?? 0)
        return .json([made.json])
    case ("PUT", _):
        let id = String(request.path.split(separator: "/").last ?? "")
        let stored = record(
            id: id, url: "\(server.url)/content/\(id)/a.bin?signature=secret", size: Int64(request.bodySize),
            sha256: request.bodyDigest.hexadecimal)
        return .json(["success": true, "data": stored.json, "messages": []])
    case ("DELETE", _): return .json(["success": true, "data": nil, "messages": []])
    default: return .problem(404, "not_found", "nothing at \(request.path)")
    }
}
