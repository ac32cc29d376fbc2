// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@testable import FerryApp

@Suite struct FileTests {
    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let fixture = try CacheFixture()
        try await body(fixture.folder)
        withExtendedLifetime(fixture) {}
    }

    @Test func `a file knows its name, media type and size`() async throws {
        try await withFolder { folder in
            try Data("hello".utf8).write(to: URL(fileURLWithPath: "\(folder)/note.txt"))
            let file = File(path: "\(folder)/note.txt")
            #expect(file.filename == "note.txt")
            #expect(file.contentType == "text/plain")
            #expect(file.exists())
            #expect(file.size == 5)
            #expect(file.uri == nil)
            #expect(try await file.localPath() == "\(folder)/note.txt")
            #expect(try await file.bytes() == Array("hello".utf8))
            #expect(
                file.json == [
                    "path": .string("\(folder)/note.txt"), "content_type": "text/plain", "size": 5,
                    "filename": "note.txt",
                ])
        }
    }

    @Test func `a folder and a missing file do not exist as files`() async throws {
        try await withFolder { folder in
            #expect(!File(path: folder).exists())
            let missing = File(path: "\(folder)/none.bin")
            #expect(!missing.exists())
            #expect(missing.size == nil)
            #expect(missing.json["size"] == nil)
            for file in [missing, File(path: folder)] {
                let failure = await #expect(throws: AppFailure.self) { try await file.localPath() }
                #expect(failure?.code == .fileNotFound)
                await #expect(throws: AppFailure.self) { try await file.bytes() }
            }
        }
    }

    @Test func `what is given beats what the path tells`() throws {
        let file = File(path: "/data/blob", contentType: "image/png", filename: "cat.jpg")
        #expect(file.filename == "cat.jpg")
        #expect(file.contentType == "image/png")
        #expect(File(path: "/data/blob", filename: "cat.jpg").contentType == "image/jpeg")
        #expect(File(path: "/data/blob").contentType == nil)
        #expect(File.from(path: "/data/blob") == File(path: "/data/blob"))
    }

    @Test func `a relative path is taken from the working directory`() throws {
        let file = File(path: "some/where.png")
        #expect(try file.path == "\(FileManager.default.currentDirectoryPath)/some/where.png")
        #expect(file.filename == "where.png")
    }

    @Test func `an address is fetched on first use, once for all copies`() async throws {
        let fixture = try CacheFixture()
        let script: CacheServer.Script = { _ in .answer(200, [("Content-Type", "text/x-test")], Array("hello".utf8)) }
        try await CacheServer.with(script) { server in
            try await FileAccess.$override.withValue(fixture.cache(server)) {
                let file = try File(uri: "\(server.url)/a%20b.txt?x=1")
                #expect(file.filename == "a b.txt")
                #expect(file.contentType == "text/plain")
                #expect(file.size == nil)
                #expect(!file.exists())
                #expect(throws: AppFailure.self) { try file.path }
                #expect(server.requests.isEmpty)
                let copy = file
                let path = try await file.localPath()
                #expect(try copy.path == path)
                #expect(copy.exists())
                #expect(copy.size == 5)
                #expect(copy.contentType == "text/x-test")
                #expect(copy.json["path"] == .string(path))
                #expect(copy.json["uri"] == .string("\(server.url)/a%20b.txt?x=1"))
                #expect(try await copy.bytes() == Array("hello".utf8))
                #expect(server.requests.count == 1)
                let failure = await #expect(throws: AppFailure.self) { try await copy.bytes(upTo: 4) }
                #expect(failure?.code == .fileTooLarge)
            }
        }
    }

    @Test func `refreshing learns the type, size and name anew`() async throws {
        let fixture = try CacheFixture()
        let script: CacheServer.Script = { request in
            let isFirst = request.earlier == 0
            return .answer(
                200, [("Content-Type", isFirst ? "text/a" : "text/b"), ("ETag", isFirst ? "\"1\"" : "\"2\"")],
                Array((isFirst ? "one" : "three").utf8))
        }
        try await CacheServer.with(script) { server in
            try await FileAccess.$override.withValue(fixture.cache(server)) {
                var file = try File(uri: "\(server.url)/x", contentType: "text/given", filename: "given")
                let old = try await file.localPath()
                #expect(file.contentType == "text/given")
                try await file.refreshMetadata()
                #expect(file.contentType == "text/b")
                #expect(file.filename == "x")
                #expect(file.size == 5)
                #expect(try file.path != old)
            }
        }
    }

    @Test func `refreshing a local file reads its bytes`() async throws {
        try await withFolder { folder in
            let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]
            try Data(png).write(to: URL(fileURLWithPath: "\(folder)/blob"))
            var file = File(path: "\(folder)/blob", contentType: "text/plain", filename: "wrong.txt")
            try await file.refreshMetadata()
            #expect(file.contentType == "image/png")
            #expect(file.filename == "blob")
            #expect(file.size == Int64(png.count))
        }
    }

    @Test(arguments: [
        "", "/etc/passwd", "a.txt", "ftp://example.org/x", "file:///etc/passwd", "http://", "http:///x", "data:x",
        "inf://files/", "https://user:pw@example.org/x",
    ])
    func `an address of another kind is refused without being shown`(text: String) {
        let failure = #expect(throws: AppFailure.self) { try File(uri: text) }
        #expect(failure?.code == .invalidInput)
        #expect(failure?.message.contains("pw") == false)
    }

    @Test(arguments: [
        "http://example.org/a.png", "HTTPS://example.org", "data:text/plain,x",
        "inf://files/abcdefghijklmnopqrstuvwxyz/a.png",
        "inf-files://abcdefghijklmnopqrstuvwxyz",
    ])
    func `addresses of five kinds are taken`(text: String) throws {
        #expect(try File(uri: text).uri == text)
        #expect(try File(json: .string(text)).uri == text)
        #expect(try File(json: ["uri": .string(text), "id": "x"]).uri == text)
    }

    @Test func `a copy of a file is the app's own`() async throws {
        try await withFolder { folder in
            try Data("hello".utf8).write(to: URL(fileURLWithPath: "\(folder)/a"))
            try await File(path: "\(folder)/a").copy(to: "\(folder)/b")
            #expect(try CacheFixture.bytes("\(folder)/b") == Array("hello".utf8))
            await #expect(throws: AppFailure.self) { try await File(path: "\(folder)/a").copy(to: "\(folder)/b") }
        }
    }
}
