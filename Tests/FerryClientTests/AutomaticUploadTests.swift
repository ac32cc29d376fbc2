// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import NIOHTTP1
import Testing

@testable import FerryClient

@Suite struct AutomaticUploadTests {
    private static let schema: JSONValue = [
        "type": "object",
        "properties": [
            "image": ["type": "string", "format": "file"], "prompt": ["type": "string"], "more": ["type": "array"],
        ],
    ]

    /// A server with one app and a store.
    private static func serving(_ request: StubRequest, _ server: StubServer) -> StubReply {
        switch request.path {
        case "/apps/a/b":
            .json(["namespace": "a", "name": "b", "functions": ["run": ["input_schema": schema]]])
        case "/apps/run": .json(started)
        case "/tasks/\(taskID)/stream": lines([.snapshot(taskRecord(.completed, output: 1))])
        default: storing(request, server)
        }
    }

    @Test func `files in the input are uploaded by the schema and equal paths once`() async throws {
        try await withFolder { folder in
            try write(noise(1000), to: "\(folder)/photo.png")
            try await withStub(script: { Self.serving($0, $1) }) { (ferry, server) async throws in
                let path = "\(folder)/photo.png"
                let extra = FileInput.data([1, 2], filename: "x.bin")
                let more = InputValue.array([.string(path), "data:,x", "text"])
                let sent = InputValue.object([
                    (key: "image", value: .string(path)), (key: "prompt", value: .string(path)),
                    (key: "more", value: more), (key: "extra", value: .file(extra)),
                ])
                try await ferry.tasks.run(app: "a/b", input: sent)
                let input = try #require(server.requests("POST", "/apps/run").first?.json?["input"])
                let uri = try #require(input["image"]?.stringValue)
                #expect(uri.hasPrefix("inf://files/"))
                #expect(input["prompt"] == .string(path))
                #expect(input["more"]?[0] == .string(uri))
                #expect(input["more"]?[1] == "data:,x")
                #expect(input["more"]?[2] == "text")
                #expect(input["extra"]?.stringValue?.hasPrefix("inf://files/") == true)
                let creations = server.requests("POST", "/files")
                #expect(creations.count == 2)
                #expect(creations.contains { $0.json?["files"]?[0]?["filename"] == "photo.png" })
            }
        }
    }

    @Test func `a failed upload names its place and takes back the others`() async throws {
        try await withFolder { folder in
            for name in ["one", "two", "three"] { try write(Array(name.utf8), to: "\(folder)/\(name)") }
            try await withStub(script: { request, server in
                request.method == "PUT" && request.body == Array("two".utf8)
                    ? .problem(413, "too_large", "no room") : Self.serving(request, server)
            }) { (ferry, server) async throws in
                let error = await ferryError {
                    let more = ["one", "two", "three"].map { InputValue.string("\(folder)/\($0)") }
                    try await ferry.tasks.run(app: "a/b", input: ["more": .array(more)])
                }
                #expect(error?.pointer?.description == "/more/1")
                #expect(error?.message.hasPrefix("/more/1: ") == true)
                #expect(server.requests("POST", "/apps/run").isEmpty)
                let made = server.requests("POST", "/files").count
                #expect(try await eventually { server.requests.filter { $0.method == "DELETE" }.count == made })
            }
        }
    }

    @Test func `what the file field cannot take is refused before anything is sent`() async throws {
        try await withStub(script: { Self.serving($0, $1) }) { (ferry, server) async throws in
            let error = await ferryError { try await ferry.tasks.run(app: "a/b", input: ["image": "no such.png"]) }
            #expect(error?.code == .invalidInput)
            #expect(error?.pointer?.description == "/image")
            #expect(server.requests.map(\.path) == ["/apps/a/b"])
        }
    }

    @Test func `a schema that cannot be had fails the run, an app without one does not`() async throws {
        try await withStub(script: { request, server in
            switch request.path {
            case "/apps/a/broken": .problem(403, "forbidden", "no")
            case "/apps/a/none": .problem(404, "not_found", "no")
            default: Self.serving(request, server)
            }
        }) { (ferry, server) async throws in
            let error = await ferryError { try await ferry.tasks.run(app: "a/broken", input: ["x": "y"]) }
            #expect(error?.code == .forbidden)
            #expect(server.requests("POST", "/apps/run").isEmpty)
            try await ferry.tasks.run(app: "a/none", input: ["x": "y"])
            #expect(server.requests("POST", "/apps/run").count == 1)
        }
    }

    @Test func `a refused run takes its uploads back`() async throws {
        try await withStub(script: { request, server in
            request.path == "/apps/run" ? .problem(422, "validation_error", "no") : Self.serving(request, server)
        }) { (ferry, server) async throws in
            let error = await ferryError {
                try await ferry.tasks.run(app: "a/b", input: ["image": .file(.data([1]))])
            }
            #expect(error?.status == 422)
            #expect(server.requests.filter { $0.method == "DELETE" }.count == 1)
        }
    }

    @Test func `a plan is shown and nothing is uploaded`() async throws {
        try await withStub(script: { Self.serving($0, $1) }) { (ferry, server) async throws in
            let plan = try await ferry.tasks.plan(
                app: "a/b", input: ["image": "data:image/png;base64,aGk=", "prompt": "hello"])
            #expect(
                plan.json == [
                    [
                        "pointer": "/image", "rule": "file_field_data_uri", "verdict": "upload",
                        "source": "a data: URI",
                        "size": 2, "content_type": "image/png",
                    ],
                    [
                        "pointer": "/prompt", "rule": "text_field", "verdict": "keep", "source": "\"hello\"",
                        "size": nil, "content_type": nil,
                    ],
                ])
            #expect(server.requests.map(\.method) == ["GET"])
        }
    }
}
