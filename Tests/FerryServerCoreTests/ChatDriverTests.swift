// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Synchronization
import Testing

@testable import FerryServerCore

/// How chats are seen to: fairly, on what terms, and to the end.
@Suite(.timeLimit(.minutes(2)))
struct ChatDriverTests {
    /// A team whose model never answers, and another; 4 places, 3 for one team.
    private static func crowded(
        _ change: (inout ServerLimits) -> Void = { _ in }
    ) async throws -> (world: World, crowd: Principal, gauge: Gauge) {
        let hung = Mutex("")
        let gauge = Gauge()
        let world = try await World.withModel(
            limits: {
                $0.maximumConcurrentChats = 4
                $0.maximumConcurrentChatsPerTeam = 3
                change(&$0)
            },
            { work, _, _ in
                guard work.teamID == hung.withLock({ $0 }) else { return ["response": "prompt"] }
                gauge.enter()
                defer { gauge.leave() }
                try await Task.sleep(for: .seconds(600))
                return [:]
            })
        let crowd = try await world.principal(team: "crowd")
        hung.withLock { $0 = crowd.team.id }
        return (world, crowd, gauge)
    }

    @Test func `a team whose model hangs keeps no other team from its answers`() async throws {
        let (world, crowd, gauge) = try await Self.crowded()
        try await world.withAgents {
            for number in 0..<10 { try await world.say("\(number)", by: crowd) }
            try await eventually("the crowd has not come to its share") { gauge.now == 3 }
            for _ in 0..<3 {
                let posted = try await world.say("hello")
                _ = try await world.settled(posted.user.chatID)
                #expect(try await world.messages(posted.user.chatID).last?.text == "prompt")
            }
            #expect(gauge.most == 3)
            // Each of the crowd's chats has its task, and waits for nothing but a place.
            #expect(try await world.services.tasks.unfinishedCount() == 10)
        }
    }

    @Test func `more chats than are seen to do not hide another team's`() async throws {
        let (world, crowd, gauge) = try await Self.crowded { $0.maximumAttendedChats = 5 }
        try await world.withAgents {
            for number in 0..<10 {
                world.clock.advance(bySeconds: 1)
                try await world.say("\(number)", by: crowd)
            }
            try await eventually("the crowd has not come to its share") { gauge.now == 3 }
            world.clock.advance(bySeconds: 1)
            let posted = try await world.say("hello")
            _ = try await world.settled(posted.user.chatID)
            #expect(try await world.messages(posted.user.chatID).last?.text == "prompt")
        }
    }

    @Test func `what is being answered reaches the model after hundreds of calls`() async throws {
        let inputs = Mutex<[JSONValue]>([])
        let world = try await World.withModel { work, _, _ in
            let number = inputs.withLock { inputs in
                inputs.append(work.input)
                return inputs.count
            }
            guard number < 4 else { return ["response": "done"] }
            return [
                "response": "",
                "tool_calls": .array((0..<120).map { ChatEditTests.call("nothing\($0)", [:], id: "\(number).\($0)") }),
            ]
        }
        try await world.withAgents {
            let id = try await world.say("the task").user.chatID
            let chat = try await world.settled(id)
            #expect(chat.run?.state == .completed, "\(chat.run?.error ?? "")")
            for (step, input) in inputs.withLock({ $0 }).enumerated() where step > 0 {
                let context = try #require(input["context"]?.arrayValue)
                #expect(context.first?["text"] == "the task" && context[1]["tool_calls"]?.arrayValue?.count == 120)
                #expect(context.count == 1 + 120)
            }
        }
    }

    @Test func `an address of an earlier message that fails is left out, one of this message fails it`() async throws {
        let inputs = Mutex<[JSONValue]>([])
        let (good, gone) = ("https://example.com/good.txt", "https://example.com/gone.txt?key=secret")
        let web = ScriptedWeb([good: .init(contentType: "text/plain", filename: "good.txt", bytes: Array("x".utf8))])
        let world = try await World(
            apps: ScriptedAppRunner(apps: [.model]) { work, _, _ in
                inputs.withLock { $0.append(work.input) }
                return ["response": "ok"]
            }, web: web)
        let files = [gone, good].map { FileRef(uri: $0, filename: "f.txt", contentType: "text/plain") }
        try await world.withAgents {
            let id = try await world.say("one", files: files).user.chatID
            #expect(try await world.settled(id).run?.error?.contains("/attachments/0") == true)
            // Nothing was answered, and what was asked belongs to the chat all the same.
            try await world.say("two", in: id)
            let chat = try await world.settled(id)
            #expect(chat.run?.state == .completed, "\(chat.run?.error ?? "")")
            let context = inputs.withLock { $0 }.first?["context"]
            #expect(context?[0]?["text"] == "one")
            let shown = context?[0]?["attachments"]?.arrayValue ?? []
            #expect(shown.map { $0["filename"] } == ["good.txt"])
            let taskID = try #require(try await world.messages(id).last?.taskID)
            let logs = try #require(try await world.tasks.task(id: taskID)).logs.map(\.content).joined()
            #expect(logs.contains("/context/0/attachments/0") && logs.contains("404"), "\(logs)")
            #expect(!logs.contains("secret"))
        }
    }

    @Test func `an address that is no longer let through is left out of what was said before`() async throws {
        let inputs = Mutex<[JSONValue]>([])
        let web = StrictWeb()
        let world = try await World(
            apps: ScriptedAppRunner(apps: [.model]) { work, _, _ in
                inputs.withLock { $0.append(work.input) }
                return ["response": "ok"]
            }, web: web)
        let file = FileRef(uri: "https://example.com/a.txt?key=secret", filename: "a.txt", contentType: "text/plain")
        try await world.withAgents {
            let id = try await world.say("one", files: [file]).user.chatID
            _ = try await world.settled(id)
            web.refuse()
            try await world.say("two", in: id)
            #expect(try await world.settled(id).run?.state == .completed)
            #expect(inputs.withLock { $0 }.last?["context"]?[0]?["attachments"] == [])
            let taskID = try #require(try await world.messages(id).last?.taskID)
            let logs = try #require(try await world.tasks.task(id: taskID)).logs.map(\.content).joined()
            #expect(logs.contains("/context/0/attachments/0") && !logs.contains("secret"), "\(logs)")
        }
    }

    @Test func `bytes that are lost and files that are deleted stop no later turn`() async throws {
        let inputs = Mutex<[JSONValue]>([])
        let world = try await World.withModel { work, _, _ in
            inputs.withLock { $0.append(work.input) }
            return ["response": "ok"]
        }
        let (lost, deleted) = (try await world.ready("lost"), try await world.ready("deleted"))
        let files = [lost, deleted].map {
            FileRef(uri: FilePresenter.uri($0).description, filename: "", contentType: "")
        }
        try await world.withAgents {
            let id = try await world.say("one", files: files).user.chatID
            _ = try await world.settled(id)
            try await world.blobs.remove(try #require(lost.blob?.key))
            try await world.services.files.delete(id: deleted.id)
            try await world.say("two", in: id)
            #expect(try await world.settled(id).run?.state == .completed)
            let said = inputs.withLock { $0 }.last?["context"]?[0]
            #expect(said?["attachments"] == [])
            #expect(said?["text"]?.stringValue?.contains("deleted since") == true)
        }
    }

    @Test func `an answer is over when its task is, whether or not the chat waits for it`() async throws {
        let door = Latch()
        let world = try await World.withModel { _, _, events in
            await events(.delta(["response": "half"]))
            try await door.wait()
            return ["response": "half and half"]
        }
        try await world.withAgents {
            let posted = try await world.say("go")
            let taskID = try #require(posted.assistant?.taskID)
            let answers = world.services.chats.answers
            try await eventually("nothing is said") { answers.answer(of: taskID)?.response == "half" }
            #expect(answers.kept.endedSize == 0)
            // As if the server had died behind this.
            try await world.services.chats.edit(posted.user.chatID) { edit in edit.stop(said: nil) }
            door.open()
            try await eventually("the answer is kept for good") { answers.kept.endedSize > 0 }
        }
    }

    @Test func `a task that no chat waits for any more is cancelled before it begins`() async throws {
        let world = try await World.withModel { _, _, _ in ["response": "never"] }
        var ids: [String] = []
        for text in ["stopped", "deleted"] {
            let posted = try await world.say(text)
            let taskID = try #require(posted.assistant?.taskID)
            ids.append(taskID)
            let keeper = Principal.keeper(of: try await world.chat(posted.user.chatID))
            try await world.services.tasks.submit(
                RunRequest(app: "test/model", input: ["text": "x"]), id: taskID, chatID: posted.user.chatID, by: keeper)
            try await world.services.chats.edit(posted.user.chatID) { edit in edit.stop(said: nil) }
            if text == "deleted" { #expect(try await world.chats.deleteChat(id: posted.user.chatID)) }
        }
        try await world.withAgents {
            try await eventually("tasks are left") { try await world.services.tasks.unfinishedCount() == 0 }
        }
        for id in ids {
            let task = try await world.record(of: try #require(try await world.tasks.task(id: id)))
            #expect(task.status == .cancelled)
        }
        #expect(world.apps.jobs.isEmpty)
    }
}

/// A web that has every page, until it refuses all.
private final class StrictWeb: ForeignWeb {
    private let isClosed = Mutex(false)
    private let web = ScriptedWeb(["https://example.com/a.txt?key=secret": .init(bytes: Array("x".utf8))])

    func refuse() { isClosed.withLock { $0 = true } }

    func check(_ url: String) throws(ServerError) {
        guard !isClosed.withLock({ $0 }) else { throw ServerError(.validation, "\(url) is forbidden") }
    }

    func get(_ url: String) async throws -> ForeignContent { try await web.get(url) }

    func post(_ url: String, headers: [(String, String)], body: [UInt8]) async throws -> Int { 200 }
}
