// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Synchronization
import Testing

@testable import FerryServerCore

/// Chats from the message to the answer, with tasks, files and agents.
@Suite struct ChatServiceTests {
    @Test func `a message is answered by a task of the core app`() async throws {
        let world = try await World.withModel { work, _, _ in
            ["response": .string("you said \(work.input["text"]?.stringValue ?? "")")]
        }
        try await world.withAgents {
            let posted = try await world.say("hello")
            let chat = try await world.settled(posted.user.chatID)
            #expect(chat.status == .idle && chat.run?.state == .completed && chat.name == "hello")
            let messages = try await world.messages(chat.id)
            #expect(messages.map(\.text) == ["hello", "you said hello"])
            #expect(messages[1].id == posted.assistant?.id && messages[1].status == .ready)
            let taskID = try #require(messages[1].taskID)
            let task = try #require(try await world.tasks.task(id: taskID))
            #expect(task.chatID == chat.id && task.status == .completed)
            #expect(world.apps.jobs[0].isChat && world.apps.jobs[0].input["system_prompt"] == "Be brief.")
        }
    }

    @Test func `the app has the files of this turn and of the ones before`() async throws {
        let seen = Mutex<[JSONValue]>([])
        let world = try await World.withModel { work, workspace, _ in
            seen.withLock { $0.append(work.input) }
            let made = workspace.write("picture", to: "out.png")
            return ["response": "done", "images": [["path": .string(made), "content_type": "image/png"]]]
        }
        let first = try await world.ready("one", PartialFile(filename: "one.txt"))
        try await world.withAgents {
            let posted = try await world.say(
                "look",
                files: [
                    FileRef(uri: FilePresenter.uri(first).description, filename: "x", contentType: "y"),
                    FileRef(uri: "data:text/plain,inline", filename: "note.txt", contentType: ""),
                ])
            _ = try await world.settled(posted.user.chatID)
            try await world.say("again", in: posted.user.chatID)
            _ = try await world.settled(posted.user.chatID)
            #expect(posted.user.attachments.map(\.filename) == ["one.txt", "note.txt"], "names are the records'")
            #expect(posted.user.attachments[1].size == 6)
            let inputs = seen.withLock { $0 }
            let paths = inputs[0]["attachments"]?.arrayValue?.compactMap { $0["path"]?.stringValue } ?? []
            #expect(paths.count == 2 && paths[0].hasSuffix("one.txt") && paths[1].hasSuffix("note.txt"))
            let context = try #require(inputs[1]["context"]?.arrayValue)
            #expect(context.count == 2)
            #expect(context[0]["attachments"]?[1]?["path"] != nil)
            #expect(context[1]["attachments"]?[0]?["path"] != nil, "what the app made is shown to it again")
            let answer = try await world.messages(posted.user.chatID)[1]
            #expect(answer.attachments.map(\.contentType) == ["image/png"])
            let shown = ChatPresenter(files: world.presenter, limits: world.limits).present(answer)
            #expect(shown.files[0].uri.hasPrefix("\(World.base)/content/"))
        }
    }

    @Test func `an attachment that is not right stops the message, and leaves nothing`() async throws {
        let world = try await World.withModel { _, _, _ in ["response": ""] }
        let pending = try await world.pending()
        let other = try await world.principal(team: "others")
        let theirs = try await world.ready("x", by: other)
        let inline = FileRef(uri: "data:text/plain,made", filename: "made.txt", contentType: "")
        for (address, code) in [
            ("", .validation), ("/etc/passwd", .validation), ("file:///etc/passwd", .validation),
            ("inf://files/\(Identifier.random())/x", .fileNotFound), ("data:broken", .validation),
            (FilePresenter.uri(pending).description, .validation),
            (FilePresenter.uri(theirs).description, .fileNotFound),
        ] as [(String, ServerError.Code)] {
            let error = try await refusal {
                try await world.say(
                    "x", files: [inline, FileRef(uri: address, filename: "f", contentType: "text/plain")])
            }
            #expect(error.code == code && error.message.contains("/input/attachments/1"), "\(error)")
        }
        let tooMany = [FileRef](repeating: inline, count: 21)
        #expect(try await refusal { try await world.say("x", files: tooMany) }.message.contains("20"))
        #expect(try await refusal { try await world.say("") }.message.contains("/input/text"))
        #expect(try await world.services.chats.list(CursorListRequest(), for: world.root).records.isEmpty)
        let left = try await world.listFiles().map(\.filename)
        #expect(!left.contains("made.txt"), "\(left)")
    }

    @Test func `a chat is another team's as little as a file`() async throws {
        let world = try await World.withModel { _, _, _ in ["response": "ok"] }
        let other = try await world.principal(team: "others")
        let posted = try await world.say("mine")
        let id = posted.user.chatID
        #expect(try await refusal { _ = try await world.services.chats.chat(id: id, for: other) }.code == .notFound)
        #expect(try await refusal { try await world.say("x", in: id, by: other) }.code == .notFound)
        #expect(try await refusal { _ = try await world.services.chats.stop(id: id, by: other) }.code == .notFound)
        let reader = try await world.principal(team: "default", scopes: [.filesRead])
        #expect(try await refusal { try await world.say("x", by: reader) }.code == .insufficientScope)
    }

    @Test func `a core app must be able to answer, and an agent must be well made`() async throws {
        let world = try await World.withModel { _, _, _ in ["response": ""] }
        let core = CoreAppConfig(ref: "test/model")
        for (config, word) in [
            (AgentConfig(coreApp: nil), "core_app"),
            (AgentConfig(coreApp: CoreAppConfig(ref: "test/resize")), "response"),
            (AgentConfig(coreApp: CoreAppConfig(ref: "a b")), "core_app/ref"),
            (AgentConfig(coreApp: core, tools: [AgentTool(name: "a b", description: "")]), "tools/0/name"),
            (AgentConfig(coreApp: core, outputSchema: "x"), "output_schema"),
            (AgentConfig(coreApp: core, outputSchema: ["type": "string"]), "/agent_config/output_schema/type"),
            (
                AgentConfig(
                    coreApp: core, tools: [AgentTool(name: "a", description: "", inputSchema: ["type": "array"])]),
                "/agent_config/tools/0/client/input_schema/type"
            ),
            (
                AgentConfig(
                    coreApp: core, tools: [AgentTool(name: "finish", description: "")], outputSchema: ["type": "object"]
                ),
                "finish"
            ), (AgentConfig(coreApp: core, context: [["name": "city", "required": true]]), "/context/city"),
        ] {
            let error = try await refusal { try await world.say("x", config: config) }
            #expect(error.code == .validation && error.message.contains(word), "\(error)")
        }
        let missing = try await refusal {
            try await world.say("x", config: AgentConfig(coreApp: CoreAppConfig(ref: "test/none")))
        }
        #expect(missing.code == .notFound)
    }

    @Test func `messages to a busy agent are answered in turn`() async throws {
        let door = Latch()
        let world = try await World.withModel { work, _, _ in
            try await door.wait()
            return ["response": .string("re \(work.input["text"]?.stringValue ?? "")")]
        }
        try await world.withAgents {
            let id = try await world.say("one").user.chatID
            let second = try await world.say("two", in: id)
            #expect(second.assistant == nil && second.user.status == .queued)
            door.open()
            _ = try await world.settled(id)
            #expect(try await world.messages(id).map(\.text) == ["one", "re one", "two", "re two"])
        }
    }

    @Test func `tools are run by the client and their results go on, files and all`() async throws {
        let world = try await World.withModel { work, _, _ in
            guard work.input["role"] == "tool" else {
                return ["response": "", "tool_calls": [ChatEditTests.call("weather", ["city": "Bonn"])]]
            }
            let files = work.input["attachments"]?.arrayValue?.count ?? 0
            return ["response": .string("\(work.input["text"]?.stringValue ?? "") and \(files) file")]
        }
        let file = try await world.ready("map")
        try await world.withAgents {
            let config = AgentConfig(coreApp: CoreAppConfig(ref: "test/model"), tools: [ChatEditTests.weather])
            let id = try await world.say("weather?", config: config).user.chatID
            let waiting = try await world.settled(id)
            #expect(waiting.status == .awaitingInput)
            let call = try #require(try await world.messages(id)[1].tools.first)
            let other = try await world.principal(team: "others")
            let result = ToolResultRequest(
                result: "rain",
                attachments: [FileRef(uri: FilePresenter.uri(file).description, filename: "", contentType: "")])
            #expect(
                try await refusal {
                    _ = try await world.services.chats.submit(result, call: call.id, by: other, bases: [])
                }.code == .notFound)
            let taken = try await world.services.chats.submit(result, call: call.id, by: world.root, bases: [])
            #expect(taken.status == .completed)
            _ = try await world.settled(id)
            #expect(try await world.messages(id).last?.text == "rain and 1 file")
            #expect(
                try await refusal {
                    _ = try await world.services.chats.submit(result, call: call.id, by: world.root, bases: [])
                }.code == .invalidTransition)
        }
    }

    @Test func `stopping a chat stops its task`() async throws {
        let world = try await World.withModel { _, _, events in
            await events(.delta(["response": "half"]))
            try await Task.sleep(for: .seconds(60))
            return ["response": "never"]
        }
        try await world.withAgents {
            let posted = try await world.say("go")
            let task = try #require(posted.assistant?.taskID)
            try await eventually("nothing is said") {
                world.services.chats.said(in: try await world.chat(posted.user.chatID))?.response == "half"
            }
            let stopped = try await world.services.chats.stop(id: posted.user.chatID, by: world.root)
            #expect(stopped.status == .idle && stopped.run?.state == .canceled)
            try await eventually("the task goes on") {
                try await world.tasks.task(id: task)?.status == .cancelled
            }
            let message = try #require(try await world.messages(posted.user.chatID).last)
            #expect(message.status == .cancelled && message.text == "half")
            let again = try await world.services.chats.stop(id: posted.user.chatID, by: world.root)
            #expect(again.revision == stopped.revision, "an idle chat stays as it is")
        }
    }

    @Test func `a core app that fails fails its message, with its reason`() async throws {
        let world = try await World.withModel { _, _, _ in throw AppFailure(message: "no model here") }
        try await world.withAgents {
            let posted = try await world.say("go")
            let chat = try await world.settled(posted.user.chatID)
            #expect(chat.run?.state == .failed && chat.run?.error == "no model here" && chat.status == .idle)
            let message = try #require(try await world.messages(chat.id).last)
            #expect(message.status == .failed && message.error == "no model here")
        }
    }

    @Test func `an answer that cannot be kept fails its message`() async throws {
        let world = try await World.withModel { _, _, _ in
            ["response": "", "tool_calls": [["id": "x", "function": ["name": "weather", "arguments": "[1]"]]]]
        }
        try await world.withAgents {
            let posted = try await world.say("go")
            let chat = try await world.settled(posted.user.chatID)
            #expect(chat.run?.state == .failed && chat.run?.error?.contains("no JSON object") == true)
        }
    }

    @Test func `a file that was deleted before its turn fails the message by name of place`() async throws {
        let world = try await World.withModel { _, _, _ in ["response": "ok"] }
        let file = try await world.ready("x")
        let posted = try await world.say(
            "go", files: [FileRef(uri: FilePresenter.uri(file).description, filename: "", contentType: "")])
        try await world.services.files.delete(id: file.id)
        try await world.withAgents {
            let chat = try await world.settled(posted.user.chatID)
            #expect(chat.run?.state == .failed)
            #expect(chat.run?.error?.contains("/attachments/0") == true, "\(chat.run?.error ?? "")")
        }
    }

    @Test func `work goes on where a dead server left it, before and after its task was made`() async throws {
        let world = try await World.withModel { _, _, _ in ["response": "late"] }
        let first = try await world.say("one")
        // The task is there, and nobody has made its answer known.
        let second = try await world.say("two")
        let keeper = Principal.keeper(of: try await world.chat(second.user.chatID))
        let taskID = try #require(second.assistant?.taskID)
        try await world.services.tasks.submit(
            RunRequest(app: "test/model", input: ["text": "two"]), id: taskID,
            chatID: second.user.chatID, by: keeper)
        #expect(try await world.services.chats.isAnyWorking())
        try await world.withAgents {
            for posted in [first, second] {
                _ = try await world.settled(posted.user.chatID)
                #expect(try await world.messages(posted.user.chatID).last?.text == "late")
            }
        }
        #expect(try await !world.services.chats.isAnyWorking())
    }

    @Test func `deleting a chat stops it and takes its messages along`() async throws {
        let world = try await World.withModel { _, _, _ in
            try await Task.sleep(for: .seconds(60))
            return [:]
        }
        try await world.withAgents {
            let posted = try await world.say("go")
            try await world.services.chats.delete(id: posted.user.chatID, by: world.root)
            #expect(
                try await refusal { _ = try await world.chat(posted.user.chatID) }.code == .notFound)
            try await eventually("tasks are left") { try await world.services.tasks.unfinishedCount() == 0 }
        }
    }

    @Test func `many messages at once all are answered, each once`() async throws {
        let world = try await World.withModel { work, _, _ in
            ["response": .string("re \(work.input["text"]?.stringValue ?? "")")]
        }
        try await world.withAgents {
            let id = try await world.say("0").user.chatID
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...15 { group.addTask { try await world.say("\(number)", in: id) } }
                try await group.waitForAll()
            }
            _ = try await world.settled(id)
            let messages = try await world.messages(id)
            #expect(messages.count == 32)
            #expect(messages.allSatisfy { $0.status == .ready })
            for pair in stride(from: 0, to: 32, by: 2) {
                #expect(messages[pair + 1].text == "re \(messages[pair].text)")
            }
            #expect(Set(messages.map(\.text)).count == 32)
        }
    }
}
