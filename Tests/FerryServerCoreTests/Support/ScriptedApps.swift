// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import NIOCore
import Synchronization

@testable import FerryServerCore

/// Apps that do what a test says.
final class ScriptedAppRunner: AppRunner {
    /// A job and the input it is run with.
    @dynamicMemberLookup
    struct Work: Sendable {
        let job: AppJob
        let input: JSONValue

        subscript<Value>(dynamicMember path: KeyPath<AppJob, Value>) -> Value { job[keyPath: path] }
    }

    typealias Script =
        @Sendable (Work, MemoryWorkspace, @escaping @Sendable (AppEvent) async -> Void) async throws -> JSONValue

    typealias Prelude = @Sendable (@escaping @Sendable (AppEvent) async -> Void) async -> Void

    private struct State {
        var script: Script
        var workspaces: [MemoryWorkspace] = []
        var jobs: [Work] = []
        var cancelled = 0
        var prelude: Prelude = { _ in }
        var endRequests: [String] = []
        var coda: @Sendable () async -> Void = {}
    }

    private let list: [AppDTO]
    private let state: Mutex<State>

    init(apps: [AppDTO] = [.resize, .echo], script: @escaping Script = { job, _, _ in job.input }) {
        list = apps
        state = Mutex(State(script: script))
    }

    /// The folders made so far.
    var workspaces: [MemoryWorkspace] { state.withLock { $0.workspaces } }
    /// The jobs begun so far.
    var jobs: [Work] { state.withLock { $0.jobs } }
    /// How many runs were stopped.
    var cancelledRuns: Int { state.withLock { $0.cancelled } }

    func apps() async throws -> [AppDTO] { list }

    func version(_ version: String, of app: String) async throws -> AppDTO? {
        list.first { $0.reference == app && ($0.versionID == version || Identifier.short($0.versionID) == version) }
    }

    func lease(
        for job: AppJob, events: @escaping @Sendable (AppEvent) async -> Void
    ) async throws -> any AppLease {
        let workspace = MemoryWorkspace()
        let prelude = state.withLock { state in
            state.workspaces.append(workspace)
            return state.prelude
        }
        await prelude(events)
        return Lease(runner: self, job: job, memory: workspace)
    }

    /// What happens while a worker is taken.
    func whileLeasing(_ prelude: @escaping Prelude) { state.withLock { $0.prelude = prelude } }

    /// What happens while a worker is given back.
    func whileReleasing(_ coda: @escaping @Sendable () async -> Void) { state.withLock { $0.coda = coda } }

    /// The sessions whose workers were let go.
    var endedSessions: [String] {
        endRequests.reduce(into: []) { list, id in if !list.contains(id) { list.append(id) } }
    }
    /// The same, as often as that was asked for.
    var endRequests: [String] { state.withLock { $0.endRequests } }

    func endSession(_ id: String) async {
        state.withLock { $0.endRequests.append(id) }
    }

    private struct Lease: AppLease {
        let runner: ScriptedAppRunner
        let job: AppJob
        let memory: MemoryWorkspace

        var workspace: any TaskWorkspace { memory }

        func run(
            input: JSONValue, events: @escaping @Sendable (AppEvent) async -> Void
        ) async throws -> JSONValue {
            try await runner.run(Work(job: job, input: input), memory, events)
        }

        func release() async {
            await runner.state.withLock { $0.coda }()
            await memory.remove()
        }
    }

    private func run(
        _ work: Work, _ workspace: MemoryWorkspace, _ events: @escaping @Sendable (AppEvent) async -> Void
    ) async throws -> JSONValue {
        let script = state.withLock { state in
            state.jobs.append(work)
            return state.script
        }
        do {
            return try await script(work, workspace, events)
        } catch {
            if Task.isCancelled { state.withLock { $0.cancelled += 1 } }
            throw error
        }
    }
}

/// A task's folders, in memory. Outputs lie beneath `/out/`.
final class MemoryWorkspace: TaskWorkspace {
    private struct State {
        var placed: [String: [UInt8]] = [:]
        var outputs: [String: [UInt8]] = [:]
        var isRemoved = false
    }

    private let state = Mutex(State())

    /// What the app was given, by path.
    var placed: [String: [UInt8]] { state.withLock { $0.placed } }
    var isRemoved: Bool { state.withLock { $0.isRemoved } }

    /// Makes an output file and gives its path.
    func write(_ text: String, to name: String) -> String {
        let path = "/out/\(name)"
        state.withLock { $0.outputs[path] = Array(text.utf8) }
        return path
    }

    func place(_ blob: any BlobReader, filename: String) async throws -> String {
        let bytes = try await blob.read(at: 0, maximumLength: Int(blob.size))
        return state.withLock { state in
            let path = "/in/\(state.placed.count)/\(filename)"
            state.placed[path] = Array(buffer: bytes)
            return path
        }
    }

    func place(_ chunks: any AsyncSequence<ByteBuffer, any Error> & Sendable, filename: String) async throws -> String {
        var bytes: [UInt8] = []
        for try await chunk in chunks { bytes += Array(buffer: chunk) }
        return state.withLock { state in
            let path = "/in/\(state.placed.count)/\(filename)"
            state.placed[path] = bytes
            return path
        }
    }

    func open(output path: String) async throws -> (any BlobReader)? {
        state.withLock { $0.outputs[path] }.map { MemoryReader(bytes: $0) }
    }

    func remove() async { state.withLock { $0.isRemoved = true } }
}

/// Bytes in memory, open for reading.
struct MemoryReader: BlobReader {
    let bytes: [UInt8]
    /// Bytes it claims to have; by default as many as there are.
    var claimed: Int64?

    var size: Int64 { claimed ?? Int64(bytes.count) }

    func read(at offset: Int64, maximumLength: Int) async throws -> ByteBuffer {
        ByteBuffer(bytes: bytes.dropFirst(Int(offset)).prefix(maximumLength))
    }

    func close() async {}
}

extension AppDTO {
    static func sample(
        namespace: String = "test", name: String, functions: [AppFunctionDTO], setupSchema: JSONValue = .null
    ) -> AppDTO {
        AppDTO(
            id: Identifier.random(), createdAt: .sample, updatedAt: .sample, namespace: namespace, name: name,
            description: "", category: "other", versionID: Identifier.random(), defaultFunction: "run",
            functions: functions, setupSchema: setupSchema)
    }

    /// Takes files in several places, and returns some.
    static let resize = sample(
        name: "resize",
        functions: [
            AppFunctionDTO(
                name: "run",
                inputSchema: [
                    "type": "object",
                    "properties": [
                        "image": .file, "masks": ["type": "array", "items": .file],
                        "logo": ["anyOf": [.file, ["type": "null"]]],
                        "layers": [
                            "type": "array",
                            "items": ["type": "object", "properties": ["picture": .file, "name": ["type": "string"]]],
                        ],
                        "note": ["type": "string"], "width": ["type": "integer", "minimum": 1],
                    ],
                ],
                outputSchema: [
                    "type": "object",
                    "properties": ["image": .file, "images": ["type": "array", "items": .file]],
                ]),
            AppFunctionDTO(name: "describe", inputSchema: .null, outputSchema: .null),
        ],
        setupSchema: [
            "type": "object",
            "properties": [
                "colour": ["type": "string"],
                "weights": ["type": "array", "items": ["anyOf": [.file, ["type": "null"]]]],
            ],
        ])

    /// Has no schema.
    static let echo = sample(
        name: "echo", functions: [AppFunctionDTO(name: "run", inputSchema: .null, outputSchema: .null)])
}

extension JSONValue {
    /// The schema of a file.
    static let file: JSONValue = ["type": "string", "format": "file"]
}
