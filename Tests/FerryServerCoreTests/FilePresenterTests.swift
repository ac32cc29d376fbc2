// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

struct FilePresenterTests {
    @Test func `a pending record shows where its bytes go and no content yet`() async throws {
        let world = try await World()
        let record = try await world.pending(PartialFile(filename: "a.txt", contentType: "text/plain", size: 5))
        let file = world.presenter.present(record)
        #expect(file.uploadURL.hasPrefix("\(World.base)/uploads/\(record.id)?"))
        #expect(file.url.isEmpty)
        #expect(file.sha256 == nil)
        #expect(file.size == 5)
        #expect(file.uri == "inf://files/\(record.id)/a.txt")
        #expect(file.visibility == "team")
    }

    @Test func `the answer to making a record has its later link already`() async throws {
        let world = try await World()
        let record = try await world.pending()
        let file = world.presenter.presentNew(record)
        #expect(file.url == world.presenter.present(try await world.put("hello", to: record)).url)
        #expect(!file.uploadURL.isEmpty)
    }

    @Test func `a ready record shows its content and takes no more bytes`() async throws {
        let world = try await World()
        let record = try await world.ready("hello", PartialFile(filename: "a.txt", isPublic: true))
        let file = world.presenter.present(record)
        #expect(file.uploadURL.isEmpty)
        #expect(file.url == "\(World.base)/content/\(record.id)/a.txt")
        #expect(file.sha256 == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
        #expect(file.size == 5)
        #expect(file.visibility == "public")
    }

    @Test func `addresses of files in an output become links at any depth`() async throws {
        let world = try await World()
        let id = Identifier.random()
        func file() -> JSONValue {
            ["uri": .string("inf://files/\(id)/x.png"), "content_type": "image/png", "size": 3, "filename": "x.png"]
        }
        let output: JSONValue = [
            "image": file(), "list": [file(), ["deep": [file()]]], "n": 1, "text": "inf://files/x",
        ]
        let shown = world.presenter.present(output: output)
        let link = try #require(shown["image"]?["uri"]?.stringValue)
        #expect(link.hasPrefix("\(World.base)/content/\(id)/x.png?"))
        #expect(shown["list"]?[0]?["uri"]?.stringValue == link)
        #expect(shown["list"]?[1]?["deep"]?[0]?["uri"]?.stringValue == link)
        #expect(shown["image"]?["size"] == 3)
        #expect(shown["image"]?["content_type"] == "image/png")
        #expect(shown["n"] == 1)
        #expect(shown["text"] == "inf://files/x")
    }

    @Test func `other values of an output stay as they are`() async throws {
        let world = try await World()
        let outputs: [JSONValue] = [
            .null, 5, "text", ["uri": "https://example.com/a"], ["uri": 5], ["uri": "inf://files/nonsense"], [],
            ["a": ["b": [nil, true, 1.5]]],
        ]
        for output in outputs { #expect(world.presenter.present(output: output) == output) }
    }
}
