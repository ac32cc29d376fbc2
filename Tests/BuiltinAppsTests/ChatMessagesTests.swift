// SPDX-License-Identifier: Apache-2.0

import FerryApp
import FerryWire
import Foundation
import NIOCore
import Testing

@testable import ferry_builtin_apps

@Suite struct ChatMessagesTests {
    /// The messages of a turn as they are written.
    private func messages(
        _ input: LLMInput, limits: ChatCompletionLimits = .standard
    ) async throws -> [JSONValue] {
        let messages = try await ChatMessages.make(of: input, reader: AttachmentReader(limits: limits))
        let body = try RequestWriter.body(
            model: "m", messages: messages, options: ["stream": true], limits: limits, flag: StopFlag())
        let json = try JSONValue(parsing: body.readableBytesView)
        #expect(json["model"] == "m" && json["stream"] == true)
        return json["messages"]?.arrayValue ?? []
    }

    private func withFile<Result>(
        _ bytes: some Collection<UInt8>, as name: String, _ body: (File) async throws -> Result
    ) async throws -> Result {
        let path = NSTemporaryDirectory() + "/ferry-chat-\(UUID().uuidString)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try await body(File(path: path, filename: name))
    }

    private func parts(of message: JSONValue?) -> [String] {
        (message?["content"]?.arrayValue ?? []).compactMap { $0["text"]?.stringValue ?? $0["type"]?.stringValue }
    }

    @Test func `texts are strings, files make parts, and pictures are their bytes`() async throws {
        let image = TestImage.photograph(width: 30, height: 20)
        try await withFile(image, as: "photo.png") { picture in
            try await withFile("a: 1\n".utf8, as: "x\u{2028}y.yaml") { text in
                let said = try await messages(
                    LLMInput {
                        $0.systemPrompt = "be brief"
                        $0.text = "what?"
                        $0.attachments = [text, picture]
                        $0.context = [
                            LLMContextMessage {
                                $0.role = .user
                                $0.text = "hi"
                            },
                            LLMContextMessage {
                                $0.role = .assistant
                                $0.text = "hello"
                            },
                        ]
                    })
                #expect(
                    said.prefix(3) == [
                        ["role": "system", "content": "be brief"], ["role": "user", "content": "hi"],
                        ["role": "assistant", "content": "hello"],
                    ])
                let url = "data:image/png;base64,\(Base64.encode(image))"
                #expect(
                    said.last == [
                        "role": "user",
                        "content": [
                            ["type": "text", "text": "what?"], ["type": "text", "text": "File: x y.yaml\na: 1\n"],
                            ["type": "image_url", "image_url": ["url": .string(url)]],
                        ],
                    ])
            }
        }
    }

    @Test func `results of tools stay together and their files follow as a user's`() async throws {
        try await withFile("one".utf8, as: "1.txt") { first in
            try await withFile("two".utf8, as: "2.txt") { second in
                let calls = ["c1", "c2"].map { LLMToolCall(id: $0, name: "f", arguments: ["x": 1]) }
                let said = try await messages(
                    LLMInput {
                        $0.role = .tool
                        $0.toolCallID = "c2"
                        $0.text = "second"
                        $0.attachments = [second]
                        $0.context = [
                            LLMContextMessage {
                                $0.role = .assistant
                                $0.toolCalls = calls
                            },
                            LLMContextMessage {
                                $0.role = .tool
                                $0.text = "first"
                                $0.toolCallID = "c1"
                                $0.attachments = [first]
                            },
                        ]
                    })
                #expect(said.map { $0["role"] } == ["assistant", "tool", "tool", "user"])
                #expect(said[0]["content"] == nil, "some servers take no null")
                #expect(said[0]["tool_calls"]?[0]?["function"]?["arguments"] == "{\"x\":1}")
                #expect(said[1] == ["role": "tool", "content": "first", "tool_call_id": "c1"])
                #expect(
                    parts(of: said[3]) == [
                        "Files that came with the result of the tool call c1:", "File: 1.txt\none",
                        "Files that came with the result of the tool call c2:", "File: 2.txt\ntwo",
                    ])
            }
        }
    }

    @Test(
        arguments: [
            ("x.bin", [0, 1, 2, 255], "File: x.bin\n[application/octet-stream, 4 bytes; its bytes were not given"),
            ("grüße.csv", [0x67, 0x72, 0xFC], "File: grüße.csv\ngrü"),
            ("u.txt", [0xFF, 0xFE, 0x68, 0, 0xE4, 0], "File: u.txt\nhä"), ("empty.txt", [], "File: empty.txt\n"),
            ("fake.png", Array("text".utf8), "File: fake.png\ntext"),
            ("p.pdf", Array("%PDF-1.4".utf8), "File: p.pdf\n[PDF, 8 bytes; it could not be read"),
        ] as [(String, [UInt8], String)])
    func `a file is told as what it is`(name: String, bytes: [UInt8], beginning: String) async throws {
        try await withFile(bytes, as: name) { file in
            let said = try await messages(LLMInput { $0.attachments = [file] })
            #expect(parts(of: said.last).first?.hasPrefix(beginning) == true, "\(said)")
        }
    }

    @Test func `a long text is cut with a note, what is too large fails by its name`() async throws {
        var limits = ChatCompletionLimits()
        limits.textBytes = 5
        try await withFile("0123ä56".utf8, as: "t.txt") { file in
            let said = try await messages(LLMInput { $0.attachments = [file] }, limits: limits)
            #expect(
                parts(of: said.last) == ["File: t.txt\n0123\n[cut: these are the first 5 of 8 bytes]"])
        }
        let image = TestImage.photograph(width: 30, height: 20)
        try await withFile(image, as: "photo.png") { file in
            limits.imageBytes = 100
            await #expect { try await messages(LLMInput { $0.attachments = [file] }, limits: limits) } throws: {
                "\($0)".hasPrefix("the image photo.png has \(image.count) bytes")
            }
            limits.imageBytes = 1 << 20
            limits.requestBytes = 1000
            await #expect { try await messages(LLMInput { $0.attachments = [file] }, limits: limits) } throws: {
                "\($0)".hasPrefix("with the image photo.png the request")
            }
        }
        await #expect { try await messages(LLMInput { $0.role = .tool }) } throws: { "\($0)".contains("tool_call_id") }
    }
}
