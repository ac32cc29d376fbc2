// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

/// Chats that are large: what is read of them at once, and what is left of them.
@Suite struct ChatBoundsTests {
    /// A chat in which a lot was said.
    private func largeChat(_ world: World, messages: Int, size: Int) async throws -> ChatRecord {
        let chat = ChatRecord.sample(teamID: world.root.team.id).next()
        try await world.chats.insert(ChatRecord.sample(id: chat.id, teamID: chat.teamID))
        let all = (0..<Int64(messages)).map {
            ChatMessageRecord.sample(in: chat, order: $0, text: "\($0) " + String(repeating: "x", count: size))
        }
        #expect(try await world.chats.commit(ChatChange(chat: chat, messages: all)))
        return chat
    }

    private func order(_ messages: [ChatMessageRecord]) -> [Int64] { messages.map(\.order) }

    @Test func `a page of messages ends early, and the next one goes on there, forward and back`() async throws {
        let world = try await World(limits: { $0.maximumPageBytes = 10_000 })
        let chat = try await largeChat(world, messages: 20, size: 2900)
        func page(_ cursor: String, _ direction: String) async throws -> RecordPage<ChatMessageRecord> {
            try await world.services.chats.messages(
                of: chat.id, CursorListRequest(cursor: cursor, limit: 1000, direction: direction), for: world.root)
        }
        var pages = [try await page("", "next")]
        while let last = pages.last, last.hasNext { pages.append(try await page(last.nextCursor, "next")) }
        #expect(pages.map(\.records.count) == [3, 3, 3, 3, 3, 3, 2])
        #expect(order(pages.flatMap(\.records)) == Array(0..<20))
        #expect(pages[0].pageSize == 1000 && !pages[0].hasPrevious && pages[1].hasPrevious)
        var back = [try await page(pages[6].previousCursor, "prev")]
        while let last = back.last, last.hasPrevious { back.append(try await page(last.previousCursor, "prev")) }
        #expect(order(back.reversed().flatMap(\.records)) == Array(0..<18))
        #expect(back.allSatisfy { (1...3).contains($0.records.count) && $0.hasNext })
    }

    @Test func `a message larger than a page comes all the same, alone`() async throws {
        let world = try await World(limits: { $0.maximumPageBytes = 1000 })
        let chat = try await largeChat(world, messages: 3, size: 5000)
        let page = try await world.services.chats.messages(of: chat.id, CursorListRequest(), for: world.root)
        #expect(order(page.records) == [0] && page.hasNext)
    }

    @Test func `pages of chats are bounded, too`() async throws {
        let world = try await World(limits: { $0.maximumPageBytes = 10_000 })
        var config = World.agent()
        config.systemPrompt = String(repeating: "x", count: 4000)
        for _ in 0..<5 {
            try await world.chats.insert(ChatRecord.sample(teamID: world.root.team.id, config: config))
        }
        var ids = Set<String>()
        var cursor = ""
        for count in [2, 2, 1] {
            let page = try await world.services.chats.list(CursorListRequest(cursor: cursor), for: world.root)
            #expect(page.records.count == count && page.hasNext == (count == 2))
            ids.formUnion(page.records.map(\.id))
            cursor = page.nextCursor
        }
        #expect(ids.count == 5)
    }

    @Test func `with a chat its latest messages are shown, as many as fit`() async throws {
        let world = try await World(limits: { $0.maximumShownMessages = 10_000 })
        let chat = try await largeChat(world, messages: 20, size: 2900)
        #expect(order(try await world.services.chats.latestMessages(of: chat)) == [17, 18, 19])
    }

    // MARK: - Tasks

    @Test func `a chat's tasks come in pages that are bounded, in order, without inputs`() async throws {
        let world = try await World(limits: { $0.maximumPageBytes = 10_000 })
        let chat = try await largeChat(world, messages: 1, size: 1)
        var ids: [String] = []
        for number in 0..<30 {
            var task = TaskRecord.sample(
                teamID: chat.teamID, createdAt: .sample.advanced(bySeconds: Int64(number)), status: .completed,
                input: ["text": "secret"], output: .string(String(repeating: "x", count: 1240)))
            task.chatID = number == 7 ? nil : chat.id
            try await world.tasks.insert(task)
            if number != 7 { ids.append(task.id) }
        }
        var found: [TaskRecord] = []
        var (cursor, counts) = ("", [Int]())
        repeat {
            let page = try await world.services.chats.tasks(
                of: chat, CursorListRequest(cursor: cursor), for: world.root)
            found += page.records
            counts.append(page.records.count)
            cursor = page.nextCursor
        } while !cursor.isEmpty
        #expect(found.map(\.id) == ids && counts == [8, 8, 8, 5])
        #expect(found.allSatisfy { $0.input == .null && !$0.events.isEmpty })
        let few = try await world.services.chats.tasks(of: chat, CursorListRequest(limit: 5), for: world.root)
        #expect(few.records.map(\.id) == Array(ids[..<5]) && few.hasNext)
    }

    @Test func `a deleted chat leaves no task, and its files stay`() async throws {
        let world = try await World.withModel { _, _, _ in ["response": "yes"] }
        let file = try await world.ready("x")
        let attached = FileRef(uri: FilePresenter.uri(file).description, filename: "", contentType: "")
        try await world.withAgents {
            let id = try await world.say("one", files: [attached]).user.chatID
            _ = try await world.settled(id)
            let other = try await world.say("other").user.chatID
            for text in ["two", "three", "four", "five", "six"] {
                try await world.say(text, in: id)
                _ = try await world.settled(id)
            }
            let tasks = try await world.messages(id).compactMap(\.taskID)
            #expect(tasks.count == 6)
            try await world.services.chats.delete(id: id, by: world.root)
            for task in tasks {
                #expect(try await world.tasks.task(id: task) == nil)
                #expect(try await world.taskFiles.taskFiles(ofTask: task, role: nil).isEmpty)
            }
            #expect(try await world.services.files.record(id: file.id) != nil)
            _ = try await world.settled(other)
            let kept = try #require(try await world.messages(other).last?.taskID)
            #expect(try await world.tasks.task(id: kept) != nil)
        }
    }

    @Test func `the task at work is waited for and deleted with its chat`() async throws {
        let door = Latch()
        let world = try await World.withModel { _, _, _ in
            door.open()
            try await Task.sleep(for: .seconds(60))
            return [:]
        }
        try await world.withAgents {
            let posted = try await world.say("go")
            try await door.wait()
            try await world.services.chats.delete(id: posted.user.chatID, by: world.root)
            let task = try #require(posted.assistant?.taskID)
            #expect(try await world.tasks.task(id: task) == nil)
            try await eventually("its answer is kept") { world.services.chats.answers.answer(of: task) == nil }
        }
    }

    @Test func `a chat whose task does not stop is kept, and can be deleted later`() async throws {
        let world = try await World(limits: { $0.chatDeletionWait = 0 })
        let chat = try await largeChat(world, messages: 1, size: 1)
        var task = TaskRecord.sample(teamID: chat.teamID, status: .queued)
        task.chatID = chat.id
        try await world.tasks.insert(task)
        // Another server has it, and is silent.
        let now = world.clock.now
        let claimed = try await world.tasks.claim(
            owner: "other", leaseUntil: now.advanced(bySeconds: 30), ofChats: true, at: now)
        #expect(claimed?.id == task.id)
        let error = try await refusal { try await world.services.chats.delete(id: chat.id, by: world.root) }
        #expect(error.code == .conflict && error.message.contains("delete the chat again"))
        #expect(try await world.chats.chat(id: chat.id) != nil)
        _ = try await world.tasks.transition(
            id: task.id, to: .cancelled, from: [.cancelling], owner: nil, change: TaskChange(), at: now)
        try await world.services.chats.delete(id: chat.id, by: world.root)
        #expect(try await world.tasks.task(id: task.id) == nil)
        #expect(try await world.chats.chat(id: chat.id) == nil)
    }

    @Test func `a task that was made while its chat was deleted is deleted when it is found`() async throws {
        let world = try await World()
        let chat = try await largeChat(world, messages: 1, size: 1)
        var (late, alive, alone) = (
            TaskRecord.sample(teamID: chat.teamID, status: .queued),
            TaskRecord.sample(teamID: chat.teamID, status: .queued),
            TaskRecord.sample(teamID: chat.teamID, status: .queued)
        )
        late.chatID = Identifier.random()
        alive.chatID = chat.id
        alone.chatID = nil
        for task in [late, alive, alone] {
            try await world.tasks.insert(task)
            try await world.services.chats.deleteOrphan(task.id)
        }
        #expect(try await world.tasks.task(id: late.id) == nil)
        for task in [alive, alone] { #expect(try await world.tasks.task(id: task.id)?.status == .queued) }
    }

    @Test func `a stopped chat's answer is not kept for ever`() async throws {
        let world = try await World.withModel { _, _, events in
            await events(.delta(["response": "half"]))
            try await Task.sleep(for: .seconds(60))
            return [:]
        }
        try await world.withAgents {
            for _ in 0..<3 {
                let posted = try await world.say("go")
                try await eventually("nothing is said") {
                    world.services.chats.said(in: try await world.chat(posted.user.chatID))?.response == "half"
                }
                _ = try await world.services.chats.stop(id: posted.user.chatID, by: world.root)
            }
        }
        #expect(world.services.chats.answers.kept == (3, 12), "each is counted as whole")
    }
}
