// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@Suite(.timeLimit(.minutes(2))) struct FileInspectorChatTests {
    private func answer(_ input: JSONValue, _ apps: BuiltinApps) async throws -> (text: String, deltas: [JSONValue]) {
        let (last, deltas) = try await apps.runTelling("file-inspector", input, function: "chat")
        let output = try #require(last["output"]?.objectValue, "\(last)")
        #expect(output.keys == ["response"])
        return (try #require(output["response"]?.stringValue), deltas)
    }

    @Test func `a chat about files gets facts about each, in order, piece by piece`() async throws {
        try await BuiltinApps.with { apps in
            let image = try apps.put(TestImage.photograph(width: 30, height: 20), as: "photo.png")
            let note = try apps.put(Array("hello\n\n\tworld\n".utf8), as: "evil\u{202E}\nname.txt")
            let input: JSONValue = [
                "text": "what are these?", "role": "user", "attachments": [note, image], "unknown": true,
                "context": [["role": "user", "text": "earlier", "attachments": [image]]],
            ]
            let (text, deltas) = try await answer(input, apps)
            #expect(text.hasPrefix("I am no language model but a program that reports facts about attached files. "))
            #expect(text.contains("2 files are attached to this message. 1 file of earlier messages is there."))
            #expect(text.contains("\n\n1. evil name.txt: text/plain, 14 bytes, SHA-256 "))
            #expect(text.contains("\nIt begins:\n> hello\n> world\n\n2. photo.png: image/png, "))
            #expect(text.contains(", 30 × 20 pixels, SHA-256 "))
            #expect(deltas.count == 6)
            #expect(deltas.compactMap { $0["response"]?.stringValue }.joined() == text)
            #expect(try await answer(input, apps).text == text)
        }
    }

    @Test func `without a file it says so and how to attach one`() async throws {
        try await BuiltinApps.with { apps in
            let (text, _) = try await answer(["text": "hi"], apps)
            #expect(
                text.contains("No file is attached to this message. To attach one, send it with your next message."))
            #expect(text.hasSuffix("There is no file of earlier messages."))
        }
    }
}
