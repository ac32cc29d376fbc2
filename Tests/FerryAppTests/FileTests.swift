// SPDX-License-Identifier: Apache-2.0

import FerryApp
import FerryWire
import Foundation
import Testing

@Suite struct FileTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ferry-file-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.path)
    }

    @Test func `a file knows its name, media type and size`() throws {
        try withFolder { folder in
            try Data("hello".utf8).write(to: URL(fileURLWithPath: "\(folder)/note.txt"))
            let file = File(path: "\(folder)/note.txt")
            #expect(file.filename == "note.txt")
            #expect(file.contentType == "text/plain")
            #expect(file.exists())
            #expect(file.size == 5)
            #expect(
                file.json == [
                    "path": .string("\(folder)/note.txt"), "content_type": "text/plain", "size": 5,
                    "filename": "note.txt",
                ])
        }
    }

    @Test func `a folder and a missing file do not exist as files`() throws {
        try withFolder { folder in
            #expect(!File(path: folder).exists())
            let missing = File(path: "\(folder)/none.bin")
            #expect(!missing.exists())
            #expect(missing.size == nil)
            #expect(missing.json["size"] == nil)
        }
    }

    @Test func `what is given beats what the path tells`() {
        let file = File(path: "/data/blob", contentType: "image/png", filename: "cat.jpg")
        #expect(file.filename == "cat.jpg")
        #expect(file.contentType == "image/png")
        #expect(File(path: "/data/blob", filename: "cat.jpg").contentType == "image/jpeg")
        #expect(File(path: "/data/blob").contentType == nil)
    }

    @Test func `a relative path is taken from the working directory`() {
        let file = File(path: "some/where.png")
        #expect(file.path == "\(FileManager.default.currentDirectoryPath)/some/where.png")
        #expect(file.filename == "where.png")
    }

    @Test func `a file is read from an object, unknown members and all, and from a path`() throws {
        let file = try File(json: [
            "path": "/w/in/0", "content_type": "image/webp", "filename": "a b.webp", "size": 3, "id": "x", "uri": "",
        ])
        #expect(file == File(path: "/w/in/0", contentType: "image/webp", filename: "a b.webp"))
        #expect(try File(json: "/w/in/cat.png").filename == "cat.png")
    }

    @Test(
        arguments: [
            "", nil, [:], 7, ["path": ""], ["path": 1], ["uri": "https://example.org/a.png"],
            "https://example.org/a.png",
            "inf://files/1/a", "data:,x", "file:///etc/passwd", "a\0b",
        ] as [JSONValue])
    func `anything else in a file field is invalid input`(value: JSONValue) {
        let failure = #expect(throws: AppFailure.self) { try File(json: value) }
        #expect(failure?.code == .invalidInput)
    }
}
