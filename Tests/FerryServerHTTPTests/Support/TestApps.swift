// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryTesting
import FerryWire
import NIOCore
import Synchronization

/// Apps for requests to run: `test/echo` gives back its input, `test/fail` fails, `test/wait` waits to be stopped,
/// `test/paint` makes a file.
struct TestApps: AppRunner {
    private static let list = ["echo", "fail", "wait", "paint"].map { name in
        AppDTO(
            id: Identifier.random(), createdAt: .sample, updatedAt: .sample, namespace: "test", name: name,
            description: "", category: "other", versionID: Identifier.random(), defaultFunction: "run",
            functions: [
                AppFunctionDTO(
                    name: "run",
                    inputSchema: [
                        "type": "object",
                        "properties": [
                            "file": ["type": "string", "format": "file"], "number": ["type": "integer"],
                        ],
                    ],
                    outputSchema: ["properties": ["image": ["type": "string", "format": "file"]]])
            ])
    }

    func apps() async throws -> [AppDTO] { Self.list }

    func version(_ version: String, of app: String) async throws -> AppDTO? {
        Self.list.first {
            $0.reference == app && ($0.versionID == version || Identifier.short($0.versionID) == version)
        }
    }

    func lease(
        for job: AppJob, events: @escaping @Sendable (AppEvent) async -> Void
    ) async throws -> any AppLease { Lease(app: job.app) }

    func endSession(_ id: String) async {}

    private struct Lease: AppLease {
        let app: String
        let workspace: any TaskWorkspace = Workspace()

        func run(
            input: JSONValue, events: @escaping @Sendable (AppEvent) async -> Void
        ) async throws -> JSONValue {
            await events(.log("begun\n"))
            switch app {
            case "test/fail": throw AppFailure(message: "no such colour")
            case "test/wait":
                for await _ in AsyncStream<Void>.makeStream().stream {}
                throw CancellationError()
            case "test/paint": return ["image": ["path": "/out/red.png", "content_type": "image/png"]]
            default: return ["echo": input, "output_meta": ["outputs": []]]
            }
        }

        func release() async {}
    }

    private struct Workspace: TaskWorkspace {
        func place(_ blob: any BlobReader, filename: String) async throws -> String { "/in/\(filename)" }

        func place(
            _ chunks: any AsyncSequence<ByteBuffer, any Error> & Sendable, filename: String
        ) async throws -> String { "/in/\(filename)" }

        func open(output path: String) async throws -> (any BlobReader)? {
            path == "/out/red.png" ? Painting() : nil
        }

        func remove() async {}
    }

    private struct Painting: BlobReader {
        let size: Int64 = 3

        func read(at offset: Int64, maximumLength: Int) async throws -> ByteBuffer {
            ByteBuffer(bytes: Array("red".utf8).dropFirst(Int(offset)).prefix(maximumLength))
        }

        func close() async {}
    }
}
