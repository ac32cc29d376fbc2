// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryTesting
import FerryWire
import Foundation
import Testing

/// Names, visibility, links, lists and lives of files through the SDK against a real server.
@Suite struct SDKFileChangeTests {
    @Test func `a file is renamed, moved, shown to all and linked`() async throws {
        try await withFerryServer { ferry, server in
            let file = try await ferry.files.upload("data:text/plain,hello", options: .init(filename: "a.txt"))
            let renamed = try await ferry.files.rename(file.uri, filename: "résumé.txt", path: "/papers")
            #expect(renamed.id == file.id)
            #expect(renamed.filename == "résumé.txt")
            #expect(renamed.path == "/papers")
            #expect(try await ferry.files.downloadBytes(file.uri) == Array("hello".utf8))

            let link = try await ferry.files.link(file.id, expiresIn: .seconds(60))
            #expect(link.expiresAt != nil)
            #expect(try await ferry.files.downloadBytes(link.url) == Array("hello".utf8))

            let shown = try await ferry.files.setVisibility(file.id, .public)
            #expect(shown.isPublic)
            #expect(try await ferry.files.link(file.id).expiresAt == nil)
            let hidden = try await ferry.files.setVisibility(file.id, .team)
            #expect(!hidden.isPublic)

            await #expect(throws: FerryError.self) { try await ferry.files.rename(file.id, filename: "a\u{0}") }
        }
    }

    @Test func `a list is searched, sorted, filtered and cut to the members wanted`() async throws {
        try await withFerryServer { ferry, server in
            let folder = try TestFolder()
            let paths = try (1...5).map { index in
                try folder.file("photo \(index).png", bytes: PatternedBytes.make(count: 100 * index, seed: 1)).path
            }
            let files = try await ferry.files.upload(paths: paths, options: UploadFileOptions(path: "/photos"))
            #expect(files.map(\.filename) == (1...5).map { "photo \($0).png" })
            _ = try await ferry.files.upload("data:,x", options: UploadFileOptions(filename: "other.txt"))

            let bySize = [ListSort(field: "size", direction: .desc)]
            let inFolder = [ListFilter(field: "path", operation: .eq, value: "/photos")]
            var sizes: [Int64] = []
            for try await file in ferry.files.all(filters: inFolder, sort: bySize, pageSize: 2) {
                sizes.append(file.size)
            }
            #expect(sizes == [500, 400, 300, 200, 100])

            let page = try await ferry.files.list(search: ListSearch(term: "photo 3"), fields: ["filename"])
            #expect(page.items.map(\.filename) == ["photo 3.png"])
            #expect(page.items.first?.id == files[2].id)
            #expect(page.items.first?.size == 0, "only the members wanted are there")
        }
    }

    @Test func `a file with an end of life tells it, and the kind of an office document is told by its name`()
        async throws
    {
        try await withFerryServer { ferry, server in
            let zip: [UInt8] = [0x50, 0x4B, 3, 4, 20, 0, 0, 0, 8, 0]
            let options = UploadFileOptions(filename: "report.docx", expiresIn: .seconds(3600))
            let file = try await ferry.files.upload(zip, options: options)
            let record = try await ferry.files.get(file.id)
            #expect(record.contentType == "application/vnd.openxmlformats-officedocument.wordprocessingml.document")
            let end = try #require(record.expiresAt)
            #expect(end > record.createdAt)
        }
    }

    @Test func `what is uploaded already is found, not stored again`() async throws {
        try await withFerryServer { ferry, server in
            let file = try await ferry.files.upload([1, 2, 3], options: UploadFileOptions(filename: "a.bin"))
            #expect(try await ferry.files.upload(file).id == file.id)
            #expect(try await ferry.files.upload(file.uri).id == file.id)
            #expect(try await ferry.files.upload(file.url).id == file.id)
            #expect(try await ferry.files.list().items.count == 1)
        }
    }
}
