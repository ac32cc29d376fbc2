// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire

extension ChatStoreConformance {
    static let commitChecks: [(String, Body)] = [
        ("a change brings the chat, new messages and others in their places", changes),
        ("a change from another revision than the stored one does nothing", revisions),
        ("of changes at once from one revision exactly one is made", race),
        ("changes that are tried again all come through, one after the other", retries),
        ("a change is made whole or not at all", allOrNothing),
        ("messages may change places within one change", places),
    ]

    private static let changes: Body = { store, check in
        var chat = ChatRecord.sample()
        let other = ChatRecord.sample(teamID: chat.teamID)
        try await add(chat, other, to: store)
        try await commit(other.next(), [.sample(in: other.next(), text: "elsewhere")], to: store, check)
        chat = chat.next(at: .sample.advanced(bySeconds: 1), state: .working)
        let user = ChatMessageRecord.sample(in: chat)
        var answer = ChatMessageRecord.sample(in: chat, order: 1, role: .assistant, status: .pending, text: "")
        try await commit(chat, [user, answer], to: store, check)
        try check.equal(try await store.chat(id: chat.id), chat, "the chat")
        try check.equal(try await messages(of: chat, in: store), [user, answer], "its messages")

        chat = chat.next(at: .sample.advanced(bySeconds: 2), state: .completed)
        (chat.name, chat.agent.reference, chat.output) = ("renamed", "me/other", ["found": true])
        answer.revision = chat.revision
        answer.updatedAt = chat.updatedAt
        (answer.status, answer.text, answer.userID) = (.ready, "done", Identifier.random())
        (answer.order, answer.role) = (3, .event)
        let third = ChatMessageRecord.sample(in: chat, order: 2, role: .tool)
        try await commit(chat, [third, answer], to: store, check)
        try check.equal(try await store.chat(id: chat.id), chat, "the chat after a change")
        try check.equal(try await messages(of: chat, in: store), [user, third, answer], "its messages after a change")

        chat = chat.next()
        chat.agent.reference = nil
        chat.run = nil
        try await commit(chat, to: store, check)
        try check.equal(try await store.chat(id: chat.id), chat, "the chat after a change of it alone")
        try check.equal(try await messages(of: chat, in: store), [user, third, answer], "its messages")
        try check.equal(try await messages(of: other, in: store).map(\.text), ["elsewhere"], "another chat's messages")
    }

    private static let revisions: Body = { store, check in
        let first = ChatRecord.sample()
        try await add(first, to: store)
        let chat = first.next().next()
        let message = ChatMessageRecord.sample(in: chat, text: "as it was")
        try await commit(first.next(), to: store, check)
        try await commit(chat, [message], to: store, check)
        func attempt(_ change: (inout ChatRecord) -> Void) async throws {
            var other = chat.next(state: .working)
            other.name = "another name"
            change(&other)
            var changed = message
            (changed.text, changed.chatID, changed.teamID) = ("another", other.id, other.teamID)
            (changed.id, changed.revision) = (other.id == chat.id ? message.id : Identifier.random(), 99)
            let new = ChatMessageRecord.sample(in: other, order: 1, tools: [.sample()])
            let isMade = try await store.commit(ChatChange(chat: other, messages: [changed, new]))
            try check.equal(isMade, false, "a change to revision \(other.revision) of \(chat.revision)")
            try check.equal(try await store.chat(id: chat.id), chat, "the chat")
            try check.equal(try await messages(of: chat, in: store), [message], "its messages")
            try check.none(try await store.message(withToolInvocation: new.tools[0].id), "a call of a tool")
        }
        for revision in [chat.revision, chat.revision + 2, chat.revision - 1, 0, .max] {
            try await attempt { $0.revision = revision }
        }
        try await attempt { $0.id = Identifier.random() }
        try await attempt { $0.teamID = Identifier.random() }
        try check.equal(try await store.working(limit: 10), [], "chats at work")
        try await commit(chat.next(), to: store, check)
    }

    private static let race: Body = { store, check in
        let chat = ChatRecord.sample()
        try await add(chat, to: store)
        let changes = (0..<8).map { number in
            var next = chat.next()
            next.name = "by \(number)"
            return ChatChange(chat: next, messages: [.sample(in: next, text: next.name)])
        }
        let made = try await withThrowingTaskGroup(of: ChatChange?.self) { group in
            for change in changes { group.addTask { try await store.commit(change) ? change : nil } }
            return try await group.reduce(into: [ChatChange]()) { if let change = $1 { $0.append(change) } }
        }
        try check.equal(made.count, 1, "number of changes made")
        try check.equal(try await store.chat(id: chat.id), made.first?.chat, "the chat")
        try check.equal(try await messages(of: chat, in: store), made.first?.messages ?? [], "its messages")
    }

    private static let retries: Body = { store, check in
        let chat = ChatRecord.sample()
        try await add(chat, to: store)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    var left = 5
                    while left > 0 {
                        guard var next = try await store.chat(id: chat.id)?.next() else { return }
                        let message = ChatMessageRecord.sample(in: next, order: next.nextOrder)
                        next.nextOrder += 1
                        if try await store.commit(ChatChange(chat: next, messages: [message])) { left -= 1 }
                    }
                }
            }
            try await group.waitForAll()
        }
        let found = try check.some(try await store.chat(id: chat.id), "the chat")
        try check.equal([found.revision, found.nextOrder], [30, 30], "revision and next place")
        let messages = try await messages(of: chat, in: store)
        try check.equal(messages.map(\.order), Array(0..<30), "the places of the messages")
        try check.equal(messages.map(\.revision), Array(1...30), "the revisions of the messages")
    }

    private static let allOrNothing: Body = { store, check in
        let (first, other) = (ChatRecord.sample(), ChatRecord.sample())
        let (foreign, tool) = (ChatMessageRecord.sample(in: other.next()), ToolInvocationDTO.sample())
        try await add(first, other, to: store)
        try await commit(other.next(), [foreign], to: store, check)
        let chat = first.next()
        let old = ChatMessageRecord.sample(in: chat, role: .assistant, text: "as it was", tools: [tool])
        try await commit(chat, [old], to: store, check)

        let next = chat.next(state: .working)
        var changed = old
        (changed.text, changed.revision, changed.tools) = ("another", next.revision, [])
        let new = ChatMessageRecord.sample(in: next, order: 1)
        let misplaced = ChatMessageRecord.sample(in: next, order: 1)
        let stolen = ChatMessageRecord.sample(in: next, id: foreign.id, order: 2)
        let twice = ToolInvocationDTO.sample()
        let cases: [(String, ServerError.Code, [ChatMessageRecord])] = [
            ("two messages in one place", .conflict, [changed, new, misplaced]),
            ("a message in the place of another", .conflict, [.sample(in: next), changed, new]),
            ("the id of a message of another chat", .conflict, [changed, new, stolen]),
            ("a call that is in two messages", .conflict, [.sample(in: next, order: 2, tools: [tool])]),
            ("a call that is twice in one", .conflict, [changed, .sample(in: next, order: 2, tools: [twice, twice])]),
            ("a message that says it is of another chat", .validation, [changed, .sample(in: other, order: 5)]),
        ]
        for (what, code, messages) in cases {
            try await check.refuses(what, with: code) {
                try await store.commit(ChatChange(chat: next, messages: messages))
            }
            try check.equal(try await store.chat(id: chat.id), chat, "the chat after \(what)")
            try check.equal(try await Self.messages(of: chat, in: store), [old], "its messages after \(what)")
            try check.equal(try await Self.messages(of: other, in: store), [foreign], "the other's after \(what)")
            let found = try await store.message(withToolInvocation: tool.id)
            try check.equal(found?.id, old.id, "the message of the call after \(what)")
            try check.none(try await store.message(withToolInvocation: twice.id), "a new call after \(what)")
        }
        try await commit(next, [changed, new], to: store, check)
    }

    private static let places: Body = { store, check in
        var chat = ChatRecord.sample()
        try await add(chat, to: store)
        chat = chat.next()
        var list = (0..<4).map { ChatMessageRecord.sample(in: chat, order: $0) }
        try await commit(chat, list, to: store, check)
        chat = chat.next()
        // All but one go in a circle, a new one takes the place of one that moved behind.
        list[0].order = 1
        list[1].order = 2
        list[2].order = 4
        for index in 0..<3 { list[index].revision = chat.revision }
        let new = ChatMessageRecord.sample(in: chat, order: 0)
        try await commit(chat, [list[0], list[1], new, list[2]], to: store, check)
        let expected = [new, list[0], list[1], list[3], list[2]]
        try check.equal(try await messages(of: chat, in: store), expected, "the messages")
        chat = chat.next()
        list[3].order = 9
        list[3].revision = chat.revision
        try await commit(chat, [list[3]], to: store, check)
        try check.equal(try await messages(of: chat, in: store).map(\.order), [0, 1, 2, 4, 9], "the places")
    }
}
