// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

/// What may stand beside the text of a message.
@Suite struct AttachmentRulesTests {
    private static let address = "https://example.com/x"

    private func world() async throws -> World {
        try await World(
            apps: ScriptedAppRunner(apps: [.model]) { _, _, _ in ["response": ""] }, web: ScriptedWeb())
    }

    @Test func `each text of an attachment has a limit, and is refused by its place`() async throws {
        let world = try await world()
        let long = String(repeating: "A", count: 2_000_000)
        for (file, place) in [
            (FileRef(uri: Self.address, filename: long, contentType: ""), "1/filename"),
            (FileRef(uri: Self.address, filename: "a\nb", contentType: ""), "1/filename"),
            (FileRef(uri: "data:,x", filename: long, contentType: ""), "1/filename"),
            (FileRef(uri: Self.address, filename: "x", contentType: long), "1/content_type"),
            (FileRef(uri: Self.address, filename: "x", contentType: "image/\(long)"), "1/content_type"),
            (FileRef(uri: Self.address, filename: "x", contentType: "a/b\r\nX: y"), "1/content_type"),
            (FileRef(uri: Self.address, filename: "x", contentType: "nonsense"), "1/content_type"),
            (FileRef(uri: "https://example.com/\(long)", filename: "x", contentType: ""), "1/uri"),
            (FileRef(uri: "inf://files/\(Identifier.random())/\(long)", filename: "x", contentType: ""), "1/uri"),
            (FileRef(uri: long, filename: "x", contentType: ""), "1/uri"),
            (FileRef(uri: Self.address, filename: "x", contentType: "", size: -1), "1/size"),
        ] {
            let fine = FileRef(uri: "data:,fine", filename: "fine.txt", contentType: "")
            let error = try await refusal { try await world.say("x", files: [fine, file]) }
            #expect(error.code == .validation && error.message.hasPrefix("/input/attachments/\(place): "), "\(error)")
            #expect(error.message.utf8.count < 300)
        }
        #expect(try await world.listFiles().isEmpty, "inline bytes were stored before all was checked")
        #expect(try await world.services.chats.list(CursorListRequest(), for: world.root).records.isEmpty)
    }

    @Test func `names become labels and types media types`() async throws {
        let world = try await world()
        let files = [
            FileRef(uri: Self.address, filename: "dir/" + String(repeating: "é", count: 200), contentType: "IMAGE/PNG"),
            FileRef(uri: Self.address, filename: "", contentType: "image/*"),
            FileRef(uri: Self.address + "/b.pdf", filename: "", contentType: ""),
            FileRef(uri: "data:text/plain,x", filename: "a/\(String(repeating: "b", count: 300))", contentType: "y"),
        ]
        let taken = try await world.say("x", files: files).user.attachments
        #expect(taken[0].filename == String(repeating: "é", count: 127) && taken[0].contentType == "image/png")
        #expect(taken[1].filename == "x" && taken[1].contentType == "image/*")
        #expect(taken[2].filename == "b.pdf" && taken[2].contentType == "application/pdf")
        #expect(taken[3].filename == String(repeating: "b", count: 255))
    }

    @Test func `a message with the largest attachments fits into a line of its stream`() async throws {
        let world = try await world()
        let address = "https://example.com/" + String(repeating: "a", count: world.limits.maximumAttachmentURI - 20)
        let file = FileRef(uri: address, filename: String(repeating: "\"", count: 255), contentType: "image/png")
        let files = [FileRef](repeating: file, count: world.limits.maximumAttachments)
        for unit in ["x", "\n"] {
            let text = String(repeating: unit, count: world.limits.maximumMessageText)
            let message = try await world.say(text, files: files).user
            let line = ChatPresenter(files: world.presenter, limits: world.limits).line(message)
            #expect(line.ndjson.count <= world.limits.maximumStreamLine)
            guard case .message(let shown) = line else {
                Issue.record("no message")
                return
            }
            #expect(shown.content.count == 1 + files.count)
            let told = try #require(shown.content.first?.text)
            #expect(unit == "x" ? told == text : told.contains("bytes left out") && told.utf8.count > 100_000)
        }
    }

    @Test(arguments: [
        ("hello", "hello"), ("", ""), ("\n \n\t\nsecond\nthird", "second"), ("a\u{7}b", "ab"),
        (String(repeating: "a", count: 80), String(repeating: "a", count: 80)),
        (String(repeating: "a", count: 81), String(repeating: "a", count: 79) + "…"),
        (String(repeating: "💾", count: 60), String(repeating: "💾", count: 49) + "…"),
        ("ok then " + "a" + String(repeating: "\u{301}", count: 100_000), "ok then …"),
    ])
    func `a title is the beginning of the first line`(text: String, title: String) {
        #expect(ChatTitle.make(of: text) == title)
    }

    @Test func `a title has few bytes, and is never empty, whatever a character holds`() {
        let marks = String(repeating: "\u{301}", count: 100_000)
        for text in ["a" + marks, marks, " a" + marks, "\n\na" + marks + "\nb", "🏳️‍🌈" + marks] {
            let title = ChatTitle.make(of: text)
            #expect((4...200).contains(title.utf8.count), "\(title.utf8.count) bytes")
            #expect(title.unicodeScalars.last == "…")
        }
        #expect(ChatTitle.make(of: "é" + marks, maximumBytes: 9) == "é\u{301}\u{301}…")
    }
}
