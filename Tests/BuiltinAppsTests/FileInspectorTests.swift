// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@Suite(.timeLimit(.minutes(2))) struct FileInspectorTests {
    @Test func `a text shows its beginning`() async throws {
        try await BuiltinApps.with { apps in
            let facts = try await apps.inspect(try apps.put(Array("hello\n".utf8), as: "note.txt"))
            #expect(
                facts == [
                    "content_type": "text/plain", "size": 6,
                    "sha256": "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
                    "filename": "note.txt", "width": nil, "height": nil, "text_preview": "hello\n",
                ])
        }
    }

    @Test func `an image shows its dimensions`() async throws {
        try await BuiltinApps.with { apps in
            let facts = try await apps.inspect(try apps.put(TestImage.photograph(width: 30, height: 20), as: "x"))
            #expect(facts["content_type"] == "image/png")
            #expect(facts["width"] == 30)
            #expect(facts["height"] == 20)
            #expect(facts["text_preview"] == .null)
        }
    }

    @Test func `an empty file is a file`() async throws {
        try await BuiltinApps.with { apps in
            let facts = try await apps.inspect(try apps.put([], as: "empty"))
            #expect(facts["size"] == 0)
            #expect(
                facts["sha256"] == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
            #expect(facts["text_preview"] == "")
        }
    }

    @Test func `a large file is read to its end`() async throws {
        try await BuiltinApps.with { apps in
            let file = try apps.put([UInt8](repeating: 0x61, count: 3 << 20 + 5), as: "a.log")
            let facts = try await apps.inspect(file)
            #expect(facts["size"] == .integer(3 << 20 + 5))
            #expect(facts["text_preview"]?.stringValue?.count == 500)
        }
    }

    @Test func `a preview is cut between characters and a text between bytes is still one`() async throws {
        try await BuiltinApps.with { apps in
            let text = "a" + String(repeating: "語", count: 20_000)
            let facts = try await apps.inspect(try apps.put(Array(text.utf8), as: "ja.md"))
            #expect(facts["content_type"] == "text/markdown")
            #expect(facts["text_preview"]?.stringValue == "a" + String(repeating: "語", count: 499))
            let cut = try await apps.inspect(try apps.put(Array("ab語".utf8).dropLast(), as: "cut"))
            #expect(cut["text_preview"] == .null)
            #expect(cut["content_type"] == "application/octet-stream")
        }
    }

    @Test(
        arguments: [
            ("text named.png", Array("hello".utf8), "text/plain"), ("page.html", Array("<p>hi".utf8), "text/html"),
            ("drawing.png", Array("<?xml version=\"1.0\"?>\n<!-- x -->\n<svg/>".utf8), "image/svg+xml"),
            ("paper.txt", Array("%PDF-1.7\n".utf8), "application/pdf"),
            ("noise", [0, 1, 2, 255], "application/octet-stream"),
            (
                "report.docx", [0x50, 0x4B, 3, 4, 20, 0],
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
            ), ("report.png", [0x50, 0x4B, 3, 4, 20, 0], "application/zip"),
            ("clip", [0, 0, 0, 0x18] + Array("ftypisom".utf8), "video/mp4"),
            ("table.csv", Array("a,b\n".utf8), "text/csv"),
        ] as [(String, [UInt8], String)])
    func `the type is told by content first, then by name`(name: String, bytes: [UInt8], type: String) async throws {
        try await BuiltinApps.with { apps in
            let facts = try await apps.inspect(try apps.put(bytes, as: name))
            #expect(facts["content_type"]?.stringValue == type)
            #expect(facts["width"] == .null)
        }
    }

    @Test func `a damaged image has no dimensions but is inspected`() async throws {
        try await BuiltinApps.with { apps in
            let bytes = TestImage.photograph(width: 30, height: 20).prefix(20)
            let facts = try await apps.inspect(try apps.put(bytes, as: "cut.png"))
            #expect(facts["content_type"] == "image/png")
            #expect(facts["width"] == .null)
            #expect(facts["size"] == 20)
        }
    }
}
