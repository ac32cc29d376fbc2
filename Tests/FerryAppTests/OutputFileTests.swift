// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@testable import FerryApp

/// Files that an app did not write into its output folder itself.
@Suite(.timeLimit(.minutes(1))) struct OutputFileTests {
    /// Returns files of the kinds that the input names.
    private struct Returning: App {
        static let manifest = AppInfo("test/returning", version: "1", description: "Returns files.", category: "other")

        struct Input: AppInput {
            @Field("An address.") var address: String
            @Field("Where a link to the file is made.") var link: String?
        }

        struct Output: AppOutput {
            @Field("Not fetched.") var remote: File
            @Field("Fetched.") var fetched: File?
            @Field("By the path in the cache.") var cached: [File] = []
            @Field("Written by the app.") var written: File?
        }

        func run(_ input: Input, context: TaskContext<Output>) async throws -> Output {
            let fetched = try File(uri: input.address, filename: "cat.txt")
            let path = try await fetched.localPath()
            let link = context.outputPath("link.txt")
            try await fetched.copy(to: context.outputPath("plain.txt"))
            let file = try await FileAccess.cache.file(input.address)
            try FileManager.default.linkItem(atPath: file.path, toPath: link)
            return try Output {
                $0.remote = try File(uri: input.address)
                $0.fetched = fetched
                $0.cached = [File(path: path, filename: "own.txt"), File(path: link), File(path: link)]
                $0.written = File(path: context.outputPath("plain.txt"))
            }
        }
    }

    private func run(
        _ address: String, _ fixture: CacheFixture, _ server: CacheServer? = nil,
        _ body: (JSONValue, HostSide) throws -> Void
    ) async throws {
        try await FileAccess.$override.withValue(fixture.cache(server)) {
            _ = try await withWorker([try TypedApp(Returning())]) { (host) async throws in
                // Taken, so that the copies need other names.
                try Data("mine".utf8).write(to: URL(fileURLWithPath: "\(host.folder)/cat.txt"))
                host.run("t1", app: "test/returning", input: ["address": .string(address)])
                var message = try await host.hear()
                while message["type"] == "log" { message = try await host.hear() }
                try body(message, host)
            }
        }
    }

    @Test(arguments: ["data:text/plain,hello", "web"])
    func `files of addresses and of the cache are handed out as copies of their own`(address: String) async throws {
        let fixture = try CacheFixture()
        try await CacheServer.with({ _ in .answer(200, [("ETag", "\"1\"")], Array("hello".utf8)) }) { server in
            let address = address == "web" ? "\(server.url)/a/note.txt" : address
            try await run(address, fixture, server) { message, host in
                let output = try #require(message["output"], "\(message)")
                let files =
                    [output["remote"], output["fetched"], output["written"]] + (0..<3).map { output["cached"]?[$0] }
                var paths: [String] = []
                for file in files {
                    let path = try #require(file?["path"]?.stringValue)
                    #expect(path.hasPrefix("\(host.folder)/"))
                    #expect(FileFacts(path: path)?.links == 1)
                    #expect(FileFacts(path: path)?.isRegular == true)
                    #expect(try CacheFixture.bytes(path) == Array("hello".utf8))
                    #expect(file?["size"] == 5)
                    paths.append(path)
                }
                #expect(paths[0] != paths[1])
                #expect(paths[1] == "\(host.folder)/2-cat.txt")
                #expect(paths[2] == "\(host.folder)/plain.txt")
                #expect(paths[4] == paths[5])
                #expect(output["fetched"]?["filename"] == "cat.txt")
                let isInline = address.hasPrefix("data:")
                #expect(output["fetched"]?["uri"]?.stringValue == (isInline ? nil : address))
                #expect(output["cached"]?[0]?["filename"] == "own.txt")
                #expect(output["remote"]?["content_type"] == "text/plain")
                #expect(try CacheFixture.bytes("\(host.folder)/cat.txt") == Array("mine".utf8))
            }
        }
    }

    @Test func `a copy is the host's to change`() async throws {
        let fixture = try CacheFixture()
        try await run("data:text/plain,hello", fixture) { message, _ in
            let path = try #require(message["output"]?["fetched"]?["path"]?.stringValue)
            try Data("HELLO".utf8).write(to: URL(fileURLWithPath: path))
        }
        let again = try await fixture.cache().file("data:text/plain,hello")
        #expect(again.wasCached)
        #expect(try CacheFixture.bytes(again.path) == Array("hello".utf8))
    }

    @Test func `a file that cannot be had names its field`() async throws {
        struct Missing: App {
            static let manifest = AppInfo("test/missing", version: "1", description: "x", category: "other")
            struct Input: AppInput {
                @Field("An address.") var address: String
            }
            struct Output: AppOutput {
                @Field("A file.") var file: File
            }
            func run(_ input: Input, context: TaskContext<Output>) async throws -> Output {
                try Output { $0.file = try File(uri: input.address) }
            }
        }
        let fixture = try CacheFixture()
        try await CacheServer.with({ _ in .answer(404) }) { server in
            try await FileAccess.$override.withValue(fixture.cache(server)) {
                _ = try await withWorker([try TypedApp(Missing())]) { (host) async throws in
                    host.run("t1", app: "test/missing", input: ["address": .string("\(server.url)/x")])
                    let error = try await host.hear("error")
                    #expect(error["code"] == "file_not_found")
                    #expect(error["message"]?.stringValue?.hasPrefix("the app's output file: there is no file") == true)
                }
            }
        }
    }
}
