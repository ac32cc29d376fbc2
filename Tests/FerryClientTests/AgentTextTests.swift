// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@testable import FerryClient

#if canImport(Glibc)
import Glibc
#endif

/// Text that goes to agents and comes from them: it is sent as it is, and nothing in it is a file.
@Suite(.timeLimit(.minutes(2))) struct AgentTextTests {
    private static let stub = ChatStub(streams: [
        chatLines([
            .chat(chat(.working)), .message(userMessage()), .message(answer("ok", status: .ready)),
            .chat(chat(.completed)),
        ])
    ])

    /// Ways to name a file of a folder, which is the home folder, too.
    private static func texts(_ folder: String) -> [String] {
        [
            "\(folder)/notes.txt", "~/notes.txt", "@\(folder)/notes.txt", "@~/notes.txt", "file://\(folder)/notes.txt",
            "/proc/self/root\(folder)/notes.txt", "data:text/plain,hi", "data:text/plain;base64,aGVsbG8gd29ybGQ=",
            "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd29ybGQ=", "{\"path\": \"\(folder)/notes.txt\"}",
            "see \(folder)/notes.txt and ~/notes.txt", "![x](\(folder)/notes.txt)", "inf://files/\(fileID)/x",
        ]
    }

    /// Runs the body with a folder that holds a file, each text in it, and a client; fails if the file was opened, or
    /// anything was uploaded.
    private func untouched(
        _ stub: ChatStub = stub, _ body: (Ferry, StubServer, String) async throws -> Void
    ) async throws {
        try await withFolder { folder in
            try write(Array("nobody attached this".utf8), to: "\(folder)/notes.txt")
            for text in Self.texts(folder) {
                let watch = try FileWatch(folder)
                try await withStub(
                    change: { $0.homeFolder = folder }, script: { stub.reply($0, $1) }
                ) { (ferry, server) async throws in
                    try await body(ferry, server, text)
                    #expect(server.requests("POST", "/files").isEmpty, "\(text)")
                    #expect(!server.requests.contains { $0.method == "PUT" || $0.method == "DELETE" })
                    let sent = server.requests.map { String(decoding: $0.body, as: UTF8.self) }.joined()
                    #expect(!sent.contains("nobody attached"))
                    #expect(!sent.contains("\"attachments\""), "\(text)")
                }
                #expect(try watch.opened() == [], "\(text)")
            }
        }
    }

    private static func body(_ server: StubServer) throws -> JSONValue {
        try #require(server.requests("POST", "/agents/run").first?.json)
    }

    @Test func `a message that names a file is text`() async throws {
        try await untouched { ferry, server, text in
            let agent = ferry.agents.create("a/b")
            try await agent.sendMessage(text)
            _ = try await collect(agent.streamMessage(text))
            _ = try await agent.postMessage(text)
            _ = try await agent.run(text)
            let inputs = server.requests("POST", "/agents/run").map { $0.json?["input"] }
            #expect(inputs == Array(repeating: ["text": .string(text)], count: 4))
        }
    }

    @Test func `a system prompt that names a file is text`() async throws {
        try await untouched { ferry, server, text in
            let config = AgentConfig(
                coreApp: CoreAppConfig(ref: "c/d"), name: text, description: text, systemPrompt: text,
                examplePrompts: [text])
            try await ferry.agents.create(config).sendMessage("hi")
            let sent = try Self.body(server)["agent_config"]
            #expect(sent?["system_prompt"] == .string(text))
            #expect(sent?["description"] == .string(text))
            #expect(sent?["example_prompts"] == [.string(text)])
            #expect(sent?["name"] == .string(text))
        }
    }

    @Test func `a context value that names a file is text`() async throws {
        try await untouched { ferry, server, text in
            try await ferry.agents.create("a/b", context: ["image": text, text: "x"]).sendMessage("hi")
            let sent = try Self.body(server)["context"]
            #expect(sent?["image"] == .string(text))
            #expect(sent?[text] == "x")
        }
    }

    @Test func `setup and input of a core app that name files are text`() async throws {
        try await untouched { ferry, server, text in
            let value: JSONValue = ["image": .string(text), "files": [.string(text), ["path": .string(text)]]]
            let config = AgentConfig(coreApp: CoreAppConfig(ref: "c/d", setup: value, input: value))
            try await ferry.agents.create(config).sendMessage("hi")
            let sent = try Self.body(server)["agent_config"]?["core_app"]
            #expect(sent?["setup"] == value)
            #expect(sent?["input"] == value)
        }
    }

    @Test func `a schema and tools that name files are text`() async throws {
        try await untouched { ferry, server, text in
            let schema: JSONValue = [
                "type": "object",
                "properties": ["file": ["type": "string", "format": "file", "default": .string(text)]],
            ]
            let config = AgentConfig(
                coreApp: CoreAppConfig(ref: "c/d"),
                tools: [AgentTool(name: "look", description: text, inputSchema: schema)], outputSchema: schema)
            try await ferry.agents.create(config).sendMessage("hi")
            let sent = try Self.body(server)["agent_config"]
            #expect(sent?["output_schema"] == schema)
            #expect(sent?["tools"]?[0]?["client"]?["input_schema"] == schema)
            #expect(sent?["tools"]?[0]?["description"] == .string(text))
        }
    }

    @Test func `a tool's result that names a file is text`() async throws {
        try await untouched { ferry, server, text in
            try await ferry.agents.submitToolResult("t1", result: text)
            try await ferry.agents.create("a/b", chatID: chatID).submitToolResult("t2", result: text)
            for id in ["t1", "t2"] {
                #expect(server.requests("POST", "/tools/\(id)").first?.json?["result"] == .string(text))
            }
        }
    }

    @Test func `a model's answer and its calls of tools that name files are text, and what a handler gives`()
        async throws
    {
        try await withFolder { folder in
            try write([1], to: "\(folder)/notes.txt")
            for text in Self.texts(folder) {
                var call = toolCall("t1")
                call.arguments = ["image": .string(text), "files": [.string(text)]]
                let asking = answer(text, status: .ready, tools: [call])
                let stub = ChatStub(streams: [
                    chatLines([
                        .chat(chat(.working)), .message(userMessage()), .message(asking), .chat(chat(.inputRequired)),
                    ]),
                    chatLines([
                        .chat(chat(.working)), .message(answer(id: fileID, order: 4)), delta(text, 1, id: fileID),
                        .message(answer(text, id: fileID, status: .ready, order: 4)),
                        .chat(chat(.completed, output: .string(text))),
                    ]),
                ])
                let watch = try FileWatch(folder)
                let seen = Shared<[JSONValue]>([])
                try await withStub(
                    change: { $0.homeFolder = folder }, script: { stub.reply($0, $1) }
                ) { (ferry, server) async throws in
                    let answer = try await ferry.agents.create("a/b").sendMessage("hi") { call in
                        seen.change { $0.append(call.arguments) }
                        return text
                    }
                    #expect(answer.text == text)
                    #expect(seen.value == [call.arguments])
                    #expect(server.requests("POST", "/tools/t1").first?.json == ["result": .string(text)])
                    #expect(server.requests("POST", "/files").isEmpty)
                }
                #expect(try watch.opened() == [], "\(text)")
            }
        }
    }

    @Test func `a file that is attached is opened, which the other tests would notice`() async throws {
        try await withFolder { folder in
            try write([1], to: "\(folder)/notes.txt")
            let watch = try FileWatch(folder)
            try await withStub(script: { Self.stub.reply($0, $1) }) { (ferry, server) async throws in
                try await ferry.agents.create("a/b").sendMessage("hi", files: [.path("\(folder)/notes.txt")])
                #expect(server.requests("POST", "/files").count == 1)
            }
            #if canImport(Glibc)
            #expect(try watch.opened().contains("notes.txt"))
            #endif
        }
    }
}

/// Tells which files of a folder were opened, by whomever; where the system cannot tell, none.
private final class FileWatch {
    #if canImport(Glibc)
    private let descriptor: CInt

    init(_ folder: String) throws {
        descriptor = inotify_init1(CInt(IN_NONBLOCK) | CInt(IN_CLOEXEC))
        let mask = UInt32(IN_OPEN) | UInt32(IN_ACCESS)
        guard descriptor >= 0, inotify_add_watch(descriptor, folder, mask) >= 0 else {
            throw FerryError(.localFile, "the folder cannot be watched: \(errno)")
        }
    }

    deinit { close(descriptor) }

    /// The names, in order.
    func opened() throws -> [String] {
        var names: [String] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return names }
            var place = 0
            while place < count {
                // An event: descriptor, mask, cookie and the length of the name, four bytes each, then the name.
                let length = buffer.withUnsafeBytes { bytes in
                    Int(bytes.loadUnaligned(fromByteOffset: place + 12, as: UInt32.self))
                }
                let name = buffer[(place + 16)..<(place + 16 + length)].prefix { $0 != 0 }
                names.append(String(decoding: name, as: UTF8.self))
                place += 16 + length
            }
        }
    }
    #else
    init(_ folder: String) throws {}
    func opened() throws -> [String] { [] }
    #endif
}
