// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

struct FileServiceTests {
    private func message(_ files: [PartialFile], category: String? = nil, in world: World) async throws -> String {
        let error = try await refusal {
            _ = try await world.services.files.create(
                CreateFilesRequest(files: files, category: category), by: world.root)
        }
        #expect(error.code == .validation)
        #expect(try await world.services.files.list(CursorListRequest(), for: world.root).records.isEmpty)
        return error.message
    }

    @Test func `a record keeps what was told of the file`() async throws {
        let world = try await World()
        let request = CreateFilesRequest(
            files: [
                PartialFile(filename: "a.png", contentType: "image/webp", path: "/x/y", size: 0, isPublic: true),
                PartialFile(),
            ], category: "cats")
        let records = try await world.services.files.create(request, by: world.root)
        #expect(records.count == 2)
        #expect(records[0].filename == "a.png")
        #expect(records[0].contentType == "image/webp")
        #expect(records[0].path == "/x/y")
        #expect(records[0].declaredSize == 0)
        #expect(records[0].isPublic)
        #expect(records[0].category == "cats")
        #expect(records[1].filename == "file")
        #expect(records[1].contentType == "application/octet-stream")
        #expect(records[1].declaredSize == nil)
        #expect(!records[1].isPublic)
        #expect(Set(records.map(\.id)).count == 2)
    }

    @Test(
        arguments: [
            ("a.png", nil, "image/png"), ("a.png", "", "image/png"), ("a.png", "garbage", "image/png"),
            ("a", "a/b/c", "application/octet-stream"), ("a.png", "*/*", "image/png"),
            ("a", "Image/PNG", "image/png"), ("a.txt", String(repeating: "x", count: 70_000), "text/plain"),
        ] as [(String, String?, String)])
    func `a type that is none is guessed from the name`(name: String, type: String?, expected: String) async throws {
        let world = try await World()
        let record = try await world.pending(PartialFile(filename: name, contentType: type))
        #expect(record.contentType == expected)
    }

    @Test(arguments: [
        ("../../etc/passwd", "passwd"), ("/abs/path", "path"), ("", "file"), ("..", "file"), (".", "file"),
        ("-rf", "-rf"), ("=cmd()", "=cmd()"), ("%2e%2e%2f", "%2e%2e%2f"), ("\u{202E}gpj.exe", "gpj.exe"),
        (".htaccess", ".htaccess"), ("a/b/", "b"),
        (String(repeating: "x", count: 300), String(repeating: "x", count: 255)),
    ])
    func `a name is a label and no path`(name: String, expected: String) async throws {
        let world = try await World()
        #expect(try await world.pending(PartialFile(filename: name)).filename == expected)
    }

    @Test(arguments: ["a/b\r\nX: y", "a/b\n", "a/b\u{0}", "\na/b", "a/b\u{7F}"])
    func `a type that could break out is refused by its place`(type: String) async throws {
        let world = try await World()
        #expect(
            try await message([PartialFile(filename: "a", contentType: type)], in: world)
                .hasPrefix("/files/0/content_type"))
    }

    @Test(arguments: [
        "a\u{0}.png", "a\r\nSet-Cookie: x=1", "a\u{7F}", "a/\u{338}b", String(repeating: "x", count: 65_536), "\n",
    ])
    func `a name that could break out is refused by its place`(name: String) async throws {
        let world = try await World()
        #expect(
            try await message([PartialFile(filename: "good"), PartialFile(filename: name)], in: world)
                .hasPrefix("/files/1/filename"))
    }

    @Test func `sizes beyond the limits are refused`() async throws {
        let world = try await World()
        for size in [-1, Int64.min, Int64.max, world.limits.maximumFileSize + 1] {
            #expect(try await message([PartialFile(size: size)], in: world).hasPrefix("/files/0/size"))
        }
        #expect(try await world.pending(PartialFile(size: world.limits.maximumFileSize)).declaredSize != nil)
    }

    @Test func `paths and categories are bounded labels`() async throws {
        let world = try await World()
        let long = String(repeating: "x", count: 1025)
        for text in [long, "a\nb", "a\u{0}"] {
            #expect(try await message([PartialFile(path: text)], in: world).hasPrefix("/files/0/path"))
            #expect(try await message([PartialFile()], category: text, in: world).contains("category"))
        }
    }

    @Test func `none and too many files are refused`() async throws {
        let world = try await World()
        #expect(try await message([], in: world).hasPrefix("/files"))
        let many = Array(repeating: PartialFile(), count: 101)
        #expect(try await message(many, in: world).contains("at most 100"))
    }

    @Test func `another team's file looks like none at all`() async throws {
        let world = try await World()
        let other = try await world.principal(team: "other")
        let record = try await world.ready("secret")
        let absent = try await refusal { _ = try await world.services.files.file(id: Identifier.random(), for: other) }
        for id in [record.id, "", "../x", record.id.uppercased(), String(repeating: "a", count: 10_240), "é"] {
            let seen = try await refusal { _ = try await world.services.files.file(id: id, for: other) }
            #expect(seen.code == .notFound)
            #expect(seen.message == absent.message)
            let gone = try await refusal { try await world.services.files.delete(id: id, by: other) }
            #expect(gone.message == absent.message)
        }
        #expect(try await world.services.files.list(CursorListRequest(), for: other).records.isEmpty)
        #expect(try await world.services.files.file(id: record.id, for: world.root) == record)
    }

    @Test func `each call needs its scope`() async throws {
        let world = try await World()
        let reader = try await world.principal(team: "readers", scopes: [.filesRead])
        let writer = try await world.principal(team: "writers", scopes: [.filesWrite])
        let files = world.services.files
        let refusals = [
            try await refusal { _ = try await files.create(CreateFilesRequest(files: [PartialFile()]), by: reader) },
            try await refusal { try await files.delete(id: Identifier.random(), by: reader) },
            try await refusal { _ = try await files.file(id: Identifier.random(), for: writer) },
            try await refusal { _ = try await files.list(CursorListRequest(), for: writer) },
        ]
        #expect(refusals.allSatisfy { $0.code == .insufficientScope })
        #expect(refusals[0].message.contains("files:write"))
    }

    @Test func `deleting removes the record and its bytes once`() async throws {
        let world = try await World()
        let record = try await world.ready("hello")
        let kept = try await world.ready("hello")
        try await world.services.files.delete(id: record.id, by: world.root)
        #expect(try await world.files.file(id: record.id) == nil)
        #expect(try await world.blobKeys() == [kept.blob?.key])
        let again = try await refusal { try await world.services.files.delete(id: record.id, by: world.root) }
        #expect(again.code == .notFound)
    }

    @Test func `bytes that two records share stay until both are gone`() async throws {
        let world = try await World()
        let first = try await world.ready("hello")
        var second = FileRecord.sample(teamID: first.teamID)
        second.blob = first.blob
        try await world.files.insert([second])
        try await world.services.files.delete(id: first.id, by: world.root)
        #expect(try await world.blobKeys() == [first.blob?.key])
        try await world.services.files.delete(id: second.id, by: world.root)
        #expect(try await world.blobKeys().isEmpty)
    }

    @Test func `a list is newest first and filtered`() async throws {
        let world = try await World()
        for name in ["a.png", "b.txt", "c.png"] {
            _ = try await world.pending(PartialFile(filename: name))
            world.clock.advance(bySeconds: 1)
        }
        let all = try await world.services.files.list(CursorListRequest(), for: world.root)
        #expect(all.records.map(\.filename) == ["c.png", "b.txt", "a.png"])
        #expect(all.pageSize == 10)
        let filter = ListFilter(field: "content_type", operation: .like, value: "image/%")
        let images = try await world.services.files.list(
            CursorListRequest(limit: 1, filters: [filter]), for: world.root)
        #expect(images.records.map(\.filename) == ["c.png"])
        #expect(images.hasNext)
    }

    @Test func `bytes of the server's own side must be as many as told`() async throws {
        let world = try await World()
        let error = try await refusal {
            _ = try await world.services.files.storeNew(
                OneChunk(bytes: [1, 2]), file: PartialFile(size: 3), owner: world.root)
        }
        #expect(error.code == .incompleteBody)
        #expect(world.blobs.size == 0)
        let record = try await world.services.files.storeNew(
            OneChunk(bytes: [1, 2]), file: PartialFile(filename: "x"), owner: world.root)
        #expect(try await world.files.file(id: record.id) == record)
        #expect(record.isReady)
    }
}
