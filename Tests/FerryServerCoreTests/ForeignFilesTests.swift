// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

@Suite(.timeLimit(.minutes(1)))
struct ForeignFilesTests {
    private static let png: [UInt8] =
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13] + Array("IHDR".utf8)

    /// Says nothing, so that nothing of what it was given is taken for its output.
    private static var quiet: ScriptedAppRunner { ScriptedAppRunner { _, _, _ in [:] } }

    @Test func `an app gets the file behind a foreign URL, which stays in the input`() async throws {
        let url = "https://example.com/cat.png?signature=secret"
        let web = ScriptedWeb([url: .init(contentType: "image/webp", filename: "cat.png", bytes: Array("meow".utf8))])
        let world = try await World(apps: Self.quiet, web: web)
        let task = try await world.run(["image": .string(url), "note": .string(url)])
        #expect(task.status == .completed)
        #expect(task.input["image"] == .string(url))
        let given = try #require(world.apps.jobs.first?.input)
        #expect(
            given["image"]
                == ["path": "/in/0/cat.png", "content_type": "image/webp", "filename": "cat.png", "size": 4])
        #expect(given["note"] == .string(url))
        #expect(world.apps.workspaces.first?.placed == ["/in/0/cat.png": Array("meow".utf8)])
        #expect(web.fetched == [url])
        #expect(world.blobs.size == 0)
    }

    @Test(
        arguments: [
            ("image/gif", "a.txt", png, "image/gif"), ("application/octet-stream", "a.bin", png, "image/png"),
            (nil, "a.bin", png, "image/png"), (nil, "a.csv", Array("a,b".utf8), "text/csv"),
            (nil, "a", [0, 1, 2], "application/octet-stream"),
        ] as [(String?, String, [UInt8], String)])
    func `its media type is the answer's, else what its bytes or its name tell`(
        given: String?, name: String, bytes: [UInt8], expected: String
    ) async throws {
        let web = ScriptedWeb(["http://a/": .init(contentType: given, filename: name, bytes: bytes)])
        let world = try await World(apps: Self.quiet, web: web)
        _ = try await world.run(["image": "http://a/"])
        #expect(world.apps.jobs.first?.input["image"]?["content_type"] == .string(expected))
    }

    @Test func `a file object's own name and type come first`() async throws {
        let web = ScriptedWeb(["http://a/": .init(contentType: "image/gif", filename: "x.gif", bytes: Self.png)])
        let world = try await World(apps: Self.quiet, web: web)
        let file: JSONValue = ["uri": "http://a/", "filename": "mine.dat", "content_type": "image/bmp"]
        let task = try await world.run(["image": file])
        #expect(task.input["image"] == file)
        let given = world.apps.jobs.first?.input["image"]
        #expect(given?["filename"] == "mine.dat")
        #expect(given?["content_type"] == "image/bmp")
    }

    @Test(arguments: ["http://forbidden/?key=secret", "HTTPS://x/forbidden?key=secret"])
    func `a URL the guard forbids is refused by its place, without its query`(url: String) async throws {
        let world = try await World(web: ScriptedWeb())
        let error = try await refusal { _ = try await world.submit(["masks": ["data:,x", .string(url)]]) }
        #expect(error.code == .validation)
        #expect(error.message.hasPrefix("/input/masks/1: "))
        #expect(error.message.contains("is forbidden"))
        #expect(!error.message.contains("secret"))
        #expect(try await world.blobKeys().isEmpty)
    }

    @Test func `a URL that cannot be fetched fails the task by its place, without its query`() async throws {
        let broken = ServerError(.incompleteBody, "http://cut/?key=secret ended too early")
        let web = ScriptedWeb(["http://cut/?key=secret": .init(bytes: [1, 2, 3], failure: broken)])
        for url in ["http://none/?key=secret#x", "http://cut/?key=secret"] {
            let world = try await World(apps: Self.quiet, web: web)
            let task = try await world.run(["layers": [["picture": .string(url)]]])
            #expect(task.status == .failed)
            let error = try #require(task.error)
            #expect(error.hasPrefix("/layers/0/picture: "))
            #expect(error.contains("status 404") || error.contains("ended too early"))
            #expect(!error.contains("secret"))
            #expect(world.apps.jobs.isEmpty)
            #expect(world.apps.workspaces.allSatisfy { $0.isRemoved })
        }
    }

    @Test func `a file beyond the limit is cut and fails the task`() async throws {
        let web = ScriptedWeb(["http://a/": .init(bytes: [UInt8](repeating: 0, count: 1001))])
        let world = try await World(apps: Self.quiet, web: web) { $0.maximumForeignFileSize = 1000 }
        #expect(try await world.run(["image": "http://a/"]).error?.contains("larger than 1000 bytes") == true)
        let enough = try await World(apps: Self.quiet, web: web) { $0.maximumForeignFileSize = 1001 }
        #expect(try await enough.run(["image": "http://a/"]).status == .completed)
    }

    @Test func `a few files are fetched at once, and each comes to its place`() async throws {
        let urls = (0..<20).map { "http://a/\($0)" }
        let pages = urls.map { ($0, ScriptedWeb.Page(filename: "f", bytes: Array($0.utf8))) }
        let web = ScriptedWeb(Dictionary(uniqueKeysWithValues: pages))
        let world = try await World(apps: Self.quiet, web: web) { $0.parallelTaskFiles = 3 }
        #expect(try await world.run(["masks": .array(urls.map(JSONValue.string))]).status == .completed)
        #expect(web.gauge.total == 20)
        #expect(web.gauge.most <= 3)
        let placed = try #require(world.apps.workspaces.first?.placed)
        let given = try #require(world.apps.jobs.first?.input["masks"]?.arrayValue)
        for (url, file) in zip(urls, given) {
            #expect(placed[try #require(file["path"]?.stringValue)] == Array(url.utf8))
        }
    }
}
