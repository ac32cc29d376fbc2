// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire
import Testing

@testable import ferry

@Suite struct CLIAgentTests {
    private static func send(_ arguments: String...) throws -> AgentSend { try AgentSend.parse(arguments) }

    private static func isRefused(_ arguments: String...) -> Bool { (try? AgentSend.parse(arguments)) == nil }

    @Test func `an agent and a text are taken as they are`() throws {
        let plain = try Self.send("a/b@v1", "/etc/passwd", "--file", "x.png", "--file", "data:,x", "--chat", "c")
        #expect(plain.agent == "a/b@v1")
        #expect(plain.text == "/etc/passwd")
        #expect(plain.attachments.sources == ["x.png", "data:,x"])
        #expect(plain.chat == "c")
        let made = try Self.send("--core-app", "chat-completions", "--system", "Be short.", "-", "--context", "a=b=c")
        #expect(made.agent == nil)
        #expect(made.text == "-")
        #expect(try made.settings.context() == ["a": "b=c"])
        #expect(try Self.send("a/b", "", "--file", "x.png").text == "")
        let more = try Self.send("a/b", "--chat", "c")
        #expect(more.agent == nil)
        #expect(more.text == "a/b")
    }

    @Test func `what makes no sense is refused before anything is sent`() {
        #expect(Self.isRefused("a/b"))
        #expect(Self.isRefused("a/b", ""))
        #expect(Self.isRefused("", "hi"))
        #expect(Self.isRefused("a/b", "hi", "--core-app", "c/d"))
        #expect(Self.isRefused("a/b", "hi", "--system", "x"))
        #expect(Self.isRefused("a/b", "hi", "--context", "x"))
        #expect(Self.isRefused("a/b", "hi", "--context", "x=y", "--chat", "c"))
        #expect(Self.isRefused("--core-app", "c/d", "hi", "--chat", "c"))
        #expect(Self.isRefused("--core-app", "c/d", "hi", "--schema", "{"))
        #expect(Self.isRefused("--core-app", "c/d", "hi", "--schema", "[]"))
        #expect(Self.isRefused("a/b", "-", "--file", "-"))
        #expect(Self.isRefused("a/b", "hi", "--file", "-", "--file", "-"))
        #expect(Self.isRefused("a/b", "hi", "--file", "@x"))
        #expect(Self.isRefused("a/b", "hi", "--file", ""))
        #expect(Self.isRefused("a/b", "hi", "--stream"))
        #expect(Self.isRefused("a/b", "hi", "--no-wait", "--show-reasoning"))
        #expect((try? AgentSend.parse(["a/b", "hi"] + (0...20).flatMap { ["--file", "\($0)"] })) == nil)
        #expect((try? AgentResult.parse(["t", "-", "--file", "-"])) == nil)
    }

    @Test func `only names of files are looked at, and only regular ones attached`() async throws {
        let files = try AgentAttachments.parse([
            "--file", "data:,x", "--file", "inf://files/x/y", "--file", "HTTP://h/x",
        ])
        #expect(try await files.files().count == 3)
        for path in ["/nonexistent/x", "/tmp", "/dev/null"] {
            let attachments = try AgentAttachments.parse(["--file", path])
            await #expect(throws: CommandFailure.self, "\(path)") { try await attachments.files() }
        }
        #expect(try await AgentText.read("/etc/passwd") == "/etc/passwd")
    }

    @Test func `chats are filtered by the names of their states`() throws {
        for name in ["awaiting_input", "completed", "idle"] {
            let filter = AgentChats.byName(try ListOptions.filter("status:eq:\(name)"))
            #expect(filter.value == .string(name))
        }
        #expect(AgentChats.byName(try ListOptions.filter("name:eq:x")).value == "x")
    }

    private static let message = ChatMessageDTO(
        id: "m", createdAt: Timestamp(seconds: 0), updatedAt: Timestamp(seconds: 0), chatID: "c", role: .assistant,
        content: [
            ChatMessageContent(.text, text: "Hello\u{1B}[2J"),
            ChatMessageContent(.file, uri: "u", filename: "a.csv", contentType: "text/csv", size: 2048),
        ],
        toolInvocations: [
            ToolInvocationDTO(
                id: "t", createdAt: Timestamp(seconds: 0), updatedAt: Timestamp(seconds: 0), messageID: "m",
                callID: "k", name: "look", arguments: ["x": 1])
        ])

    @Test func `a message is readable, whatever is in it`() {
        #expect(
            AgentGet.lines(Self.message) == [
                "assistant, 1970-01-01 00:00:00Z:", "Hello[2J", "  [a.csv, text/csv, 2.0 KiB: u]",
                #"  [tool look({"x":1}) awaiting_input, t]"#,
            ])
    }

    @Test func `what came of a message is one object`() async throws {
        var display = AnswerDisplay(.init(showsText: false), Console(format: .quiet, isQuiet: true))
        let chat = ChatDTO(
            id: "c", createdAt: Timestamp(seconds: 0), updatedAt: Timestamp(seconds: 0), status: .completed,
            output: ["n": 1])
        try await display.show(.message(Self.message))
        try await display.show(.chat(chat))
        let result = JSONValue.object(display.result)
        #expect(result["chat_id"] == "c" && result["message_id"] == "m" && result["output"] == ["n": 1])
        #expect(result["status"] == "ready")
        #expect(result["files"]?[0]?["uri"] == "u")
        #expect(result["tool_calls"] == [["id": "t", "name": "look", "arguments": ["x": 1]]])
        #expect(AnswerDisplay.json(.chat(chat))["event"] == "chat")
        let delta = AgentDelta(messageID: "m", sequence: 3, increment: ["response": "x"], answer: PartialAnswer())
        #expect(AnswerDisplay.json(.delta(delta))["data"]?["delta"] == ["response": "x"])
    }
}
