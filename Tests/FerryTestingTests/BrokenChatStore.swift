// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryTesting
import FerryWire
import Testing

/// Has one fault.
struct BrokenChatStore: ChatStore {
    enum Fault {
        case ignoresRevisions
        case losesMessages
        case changesHalf
        case removesBusy
        case forgetsCalls
        case cutsNames
        case hidesTeams
        case ignoresSizes
    }

    let fault: Fault
    let sound = InMemoryChatStore()

    func insert(_ chat: ChatRecord) async throws {
        var chat = chat
        if fault == .cutsNames { chat.name = String(chat.name.prefix { $0 != "\0" }) }
        try await sound.insert(chat)
    }

    func chat(id: String) async throws -> ChatRecord? { try await sound.chat(id: id) }

    func commit(_ change: ChatChange) async throws -> Bool {
        var change = change
        let stored = try await sound.chat(id: change.chat.id)
        if fault == .ignoresRevisions, let stored { change.chat.revision = stored.revision + 1 }
        if fault == .losesMessages, !change.messages.isEmpty { change.messages.removeLast() }
        if fault == .forgetsCalls {
            for index in change.messages.indices { change.messages[index].tools = [] }
        }
        if fault == .changesHalf, change.messages.count > 1, let stored {
            // Each message for itself, and the chat at last.
            for message in change.messages.dropLast() {
                var step = stored
                step.revision = try await sound.chat(id: stored.id)?.revision ?? 0
                step.revision += 1
                guard stored.revision == change.chat.revision - 1,
                    try await sound.commit(ChatChange(chat: step, messages: [message]))
                else { return false }
                change.chat.revision += 1
            }
            change.messages.removeFirst(change.messages.count - 1)
        }
        return try await sound.commit(change)
    }

    func messages(_ query: RecordQuery, maximumBytes: Int) async throws -> RecordSlice<ChatMessageRecord> {
        try await sound.messages(query, maximumBytes: fault == .ignoresSizes ? .max : maximumBytes)
    }

    func message(withToolInvocation id: String) async throws -> ChatMessageRecord? {
        try await sound.message(withToolInvocation: id)
    }

    func chats(_ query: RecordQuery, maximumBytes: Int) async throws -> RecordSlice<ChatRecord> {
        try await sound.chats(query, maximumBytes: maximumBytes)
    }

    func working(limit: Int) async throws -> [String] {
        guard fault == .hidesTeams else { return try await sound.working(limit: limit) }
        var chats: [ChatRecord] = []
        for id in try await sound.working(limit: .max) { chats += [try await sound.chat(id: id)].compactMap(\.self) }
        let sorted = chats.map { (since: $0.run?.createdAt.microseconds ?? 0, id: $0.id) }.sorted { $0 < $1 }
        return sorted.prefix(max(limit, 0)).map(\.id)
    }

    func deleteChat(id: String) async throws -> Bool {
        if fault == .removesBusy, let chat = try await sound.chat(id: id), chat.isWorking {
            _ = try await sound.commit(ChatChange(chat: chat.next(state: .completed), messages: []))
        }
        return try await sound.deleteChat(id: id)
    }
}

extension BrokenDriverTests {
    @Test(
        "a store of chats with a fault",
        arguments: [
            (BrokenChatStore.Fault.ignoresRevisions, "another revision"), (.losesMessages, "a message comes back"),
            (.changesHalf, ""), (.removesBusy, "while its agent rests"), (.forgetsCalls, "comes back"),
            (.cutsNames, "cannot be stored whole"), (.hidesTeams, "of each team in turn"),
            (.ignoresSizes, "ends early"),
        ])
    func brokenChats(fault: BrokenChatStore.Fault, check: String) async throws {
        let failure = await #expect(throws: ConformanceFailure.self) {
            try await ChatStoreConformance { BrokenChatStore(fault: fault) }.run()
        }
        #expect(failure?.suite == "ChatStore")
        #expect(check.isEmpty || failure?.check.contains(check) == true, "\(String(describing: failure))")
    }
}
