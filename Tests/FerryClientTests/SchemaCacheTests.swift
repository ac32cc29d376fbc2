// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@testable import FerryClient

/// An app's schema is asked for once and kept, within limits.
@Suite(.timeLimit(.minutes(1))) struct SchemaCacheTests {
    private static func app(_ version: String, _ input: JSONValue = ["type": "object"]) -> JSONValue {
        ["namespace": "a", "name": "b", "version_id": .string(version), "functions": ["run": ["input_schema": input]]]
    }

    private static let run: JSONValue = ["data": ["id": .string(taskID), "status": 2, "app_version_id": "v1"]]

    private func plan(_ ferry: Ferry, _ app: String = "a/b") async throws {
        _ = try await ferry.tasks.plan(app: app, input: ["x": "y"])
    }

    @Test func `it is asked for once in a minute, by many at once too`() async throws {
        let time = Shared(Timestamp(seconds: 1000))
        try await withStub(
            change: { $0.now = { time.value } }, script: { _, _ in .json(Self.app("v1")) }
        ) { (ferry, server) async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 { group.addTask { try await plan(ferry) } }
                try await group.waitForAll()
            }
            #expect(server.requests.count == 1)
            time.change { $0 = Timestamp(seconds: 1059) }
            try await plan(ferry, "a/b:run")
            #expect(server.requests.count == 1)
            time.change { $0 = Timestamp(seconds: 1060) }
            try await plan(ferry)
            #expect(server.requests.count == 2)
            time.change { $0 = Timestamp(seconds: 900) }
            try await plan(ferry)
            #expect(server.requests.count == 3)
        }
    }

    @Test func `that of a named version is kept for good`() async throws {
        let time = Shared(Timestamp(seconds: 0))
        try await withStub(
            change: { $0.now = { time.value } }, script: { _, _ in .json(Self.app("v1")) }
        ) { (ferry, server) async throws in
            try await plan(ferry, "a/b@v1")
            time.change { $0 = Timestamp(seconds: 1_000_000) }
            try await plan(ferry, "a/b@v1")
            #expect(server.requests.map(\.path) == ["/apps/a/b%40v1"])
        }
    }

    @Test func `a server that knows no versions is asked without`() async throws {
        try await withStub(script: { request, _ in
            request.path == "/apps/a/b" ? .json(Self.app("v2")) : .problem(404, "not_found", "none")
        }) { (ferry, server) async throws in
            try await plan(ferry, "a/b@v1")
            #expect(server.requests.map(\.path) == ["/apps/a/b%40v1", "/apps/a/b"])
        }
    }

    @Test func `that there is none is not kept, nor is a failure`() async throws {
        try await withStub(script: { request, _ in
            switch request.earlier {
            case 0: .problem(404, "not_found", "none")
            case 1: .problem(403, "forbidden", "no")
            default: .json(Self.app("v1"))
            }
        }) { (ferry, server) async throws in
            try await plan(ferry)
            let error = await ferryError { try await plan(ferry) }
            #expect(error?.code == .forbidden)
            #expect(error?.message.contains("the input schema of a/b could not be read") == true)
            try await plan(ferry)
            #expect(server.requests.count == 3)
        }
    }

    @Test func `it is asked for again after a refused run and after another version ran`() async throws {
        let version = Shared("v1")
        try await withStub(script: { request, _ in
            guard request.path == "/apps/run" else { return .json(Self.app(version.value)) }
            return request.earlier == 0 ? .problem(422, "validation_error", "no") : .json(Self.run)
        }) { (ferry, server) async throws in
            func run() async throws {
                try await ferry.tasks.run(app: "a/b", input: ["x": "y"], options: RunOptions(wait: false))
            }
            func asked() -> Int { server.requests("GET", "/apps/a/b").count }
            _ = await ferryError { try await run() }
            #expect(asked() == 1)
            version.change { $0 = "v0" }
            try await run()
            #expect(asked() == 2)
            version.change { $0 = "v1" }
            try await run()
            #expect(asked() == 3)
            try await run()
            #expect(asked() == 3)
        }
    }

    @Test func `no more than its limits are kept`() async throws {
        let cache = SchemaCache()
        let asked = Shared(0)
        func get(_ name: String, size: Int = 10) async throws {
            let reference = AppReference(namespace: "a", name: name)
            _ = try await cache.app(reference, now: { Timestamp(seconds: 0) }) {
                asked.change { $0 += 1 }
                return try AppDTO(json: Self.app("v", ["x": .string(String(repeating: "x", count: size))]))
            }
        }
        for number in 0...SchemaCache.maximumApps { try await get("n\(number)") }
        let first = asked.value
        try await get("n\(SchemaCache.maximumApps)")
        #expect(asked.value == first)
        try await get("n0")
        #expect(asked.value == first + 1)
        try await get("large", size: SchemaCache.maximumSize)
        try await get("large", size: SchemaCache.maximumSize)
        #expect(asked.value == first + 3)
    }
}
