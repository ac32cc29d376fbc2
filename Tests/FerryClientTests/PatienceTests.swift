// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import FerryClient

/// Time limits and cancellation.
@Suite struct PatienceTests {
    @Test func `silence after the request ends in a timeout`() async throws {
        try await withStub(
            change: {
                $0.timeouts.idle = .seconds(1)
                $0.retry = .never
            }, script: { _, _ in .silence }
        ) { (ferry, server) async throws in
            let error = await ferryError { _ = try await ferry.files.get(fileID) }
            #expect(error?.code == .timeout)
            #expect(error?.message.contains("idle") == true)
            #expect(try await eventually { server.openConnections == 0 })
        }
    }

    @Test func `silence in the middle of an upload ends in a timeout`() async throws {
        try await withFolder { folder in
            try write(noise(32 << 20), to: "\(folder)/big.bin")
            try await withStub(
                change: {
                    $0.timeouts.idle = .seconds(1)
                    $0.retry = .never
                }, atHead: { request, _ in request.method == "PUT" ? .silence : nil }, script: storing
            ) { (ferry, server) async throws in
                let error = await ferryError { _ = try await ferry.files.upload(path: "\(folder)/big.bin") }
                #expect(error?.code == .timeout)
                #expect(server.requests.contains { $0.method == "DELETE" })
            }
        }
    }

    @Test func `silence in the middle of a download ends in a timeout`() async throws {
        try await withStub(
            change: {
                $0.timeouts.idle = .seconds(1)
                $0.retry = .never
            }, script: { _, _ in .chunks([noise(1000)], staysOpen: true) }
        ) { (ferry, server) async throws in
            let error = await ferryError { _ = try await ferry.files.downloadBytes("\(server.url)/x") }
            #expect(error?.code == .timeout)
        }
    }

    @Test func `a source slower than the idle limit is no silence`() async throws {
        try await withStub(
            change: { $0.timeouts.idle = .seconds(1) }, script: storing
        ) { (ferry, _) async throws in
            let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self)
            let slow = Task {
                continuation.yield([1])
                try await Task.sleep(for: .milliseconds(2500))
                continuation.yield([2])
                continuation.finish()
            }
            #expect(try await ferry.files.upload(stream).size == 2)
            try await slow.value
        }
    }

    @Test func `a call has a total limit`() async throws {
        try await withStub(
            change: {
                $0.timeouts.call = .milliseconds(200)
                $0.retry = .never
            }, script: { _, _ in .silence }
        ) { (ferry, _) async throws in
            let error = await ferryError { _ = try await ferry.files.get(fileID) }
            #expect(error?.code == .timeout)
        }
    }

    @Test func `cancelling an upload closes its socket and deletes the record`() async throws {
        try await withFolder { folder in
            try write(noise(64 << 20), to: "\(folder)/big.bin")
            try await withStub(
                atHead: { request, _ in request.method == "PUT" ? .noAnswer : nil }, script: storing
            ) { (ferry, server) async throws in
                let task = Task { try await ferry.files.upload(path: "\(folder)/big.bin") }
                #expect(try await eventually { server.requests.contains { $0.method == "PUT" } })
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
                #expect(server.requests.contains { $0.method == "DELETE" })
                #expect(try await eventually { server.openConnections <= 1 })
            }
        }
    }

    @Test func `cancelling a call closes its socket`() async throws {
        try await withStub(script: { _, _ in .silence }) { (ferry, server) async throws in
            let task = Task { try await ferry.files.get(fileID) }
            #expect(try await eventually { server.requests.count == 1 })
            #expect(server.openConnections == 1)
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(try await eventually { server.openConnections == 0 })
        }
    }

    @Test func `cancelling a download closes its socket and leaves no file`() async throws {
        try await withFolder { folder in
            try await withStub(
                script: { _, _ in .chunks([noise(3 << 20)], staysOpen: true) }
            ) { (ferry, server) async throws in
                let task = Task { try await ferry.files.download("\(server.url)/x", to: "\(folder)/out.bin") }
                #expect(try await eventually { server.requests.count == 1 })
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
                #expect(try await eventually { server.openConnections == 0 })
                #expect(try names(in: folder).isEmpty)
            }
        }
    }

    @Test func `dropping a download's iterator closes its socket`() async throws {
        try await withStub(
            script: { _, _ in .chunks([noise(100_000)], staysOpen: true) }
        ) { (ferry, server) async throws in
            for try await chunk in ferry.files.downloadStream("\(server.url)/x") {
                #expect(!chunk.isEmpty)
                break
            }
            #expect(try await eventually { server.openConnections == 0 })
        }
    }
}
