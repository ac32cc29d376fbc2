// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire

extension ChatStoreConformance {
    /// Texts that are lost, cut or changed where somebody is careless.
    private static let oddTexts = [
        "", " ", "\u{301}", "e\u{301}", "é", "👩‍👩‍👧‍👦🏳️‍🌈\u{202E}x", "\u{FEFF}\u{2028}\u{85}\r\n\t", "'\";-- %_\\ \\u0000",
    ]
    private static let textsWithNUL = ["\0", "a\0b", "\0\u{301}\0"]
    private static let exactTime = Timestamp(microseconds: 1_234_567_890_123_456)
    private static let odd: JSONValue = [
        "é": 1, "e\u{301}": [.integer(.max), .integer(.min), 1.5, -0.25, 1e300, nil, true, "\u{0}\u{2028}💾'\";--"],
        "deep": (0..<240).reduce("bottom") { value, _ in [value] }, "": [:],
    ]

    private static func same(_ lhs: String?, _ rhs: String?) -> Bool {
        switch (lhs, rhs) {
        case (nil, nil): true
        case (let lhs?, let rhs?): lhs.utf8.elementsEqual(rhs.utf8)
        default: false
        }
    }

    private static func fullChat(text: String) -> ChatRecord {
        var config = AgentConfig(
            coreApp: CoreAppConfig(ref: "a/b@x:run", setup: odd, input: ["temperature": 0.5]), name: text,
            description: text, systemPrompt: text, examplePrompts: [text, "b"], outputSchema: ["type": "object"],
            context: [["name": "city", "required": true]])
        config.tools = [AgentTool(name: "look_up", description: text, inputSchema: odd)]
        config.tools[0].other = ["display_name": "Look up"]
        var chat = ChatRecord(
            id: Identifier.random(), teamID: Identifier.random(), userID: Identifier.random(),
            createdAt: Timestamp(microseconds: -1_234_567),
            agent: ChatRecord.Agent(
                reference: "me/helper", id: Identifier.random(), versionID: Identifier.random(), config: config),
            name: text, description: text + text, context: ["city": .string(text), "b": odd])
        chat.updatedAt = exactTime
        chat.revision = 7
        chat.status = .awaitingInput
        chat.output = odd
        chat.queued = [Identifier.random(), Identifier.random()]
        chat.nextOrder = 12
        chat.run = ChatRecord.Run(
            id: Identifier.random(), createdAt: exactTime, updatedAt: exactTime.advanced(bySeconds: 1),
            state: .failed, userMessageID: Identifier.random(), firstOrder: 3,
            assistantMessageID: Identifier.random(), taskID: Identifier.random(), steps: 5, error: text, output: odd,
            finishedAt: exactTime.advanced(bySeconds: 2))
        return chat
    }

    static let roundTrip: Body = { store, check in
        for text in oddTexts {
            let inserted = fullChat(text: text)
            try await add(inserted, to: store)
            try await compare(inserted, text, in: store, check)
            var changed = fullChat(text: text + "!")
            (changed.id, changed.teamID, changed.revision) = (inserted.id, inserted.teamID, inserted.revision + 1)
            try await commit(changed, to: store, check)
            try await compare(changed, text + "!", in: store, check)
        }
        let plain = ChatRecord.sample(name: "")
        try await add(plain, to: store)
        try check.equal(try await store.chat(id: plain.id), plain, "a chat in which nothing was said")
        for (place, status) in ChatStatus.allCases.enumerated() {
            var chat = plain.next()
            chat.revision = Int64(place) + 1
            chat.status = status
            try await commit(chat, to: store, check)
            try check.equal(try await store.chat(id: plain.id), chat, "a chat that is \(status)")
        }
    }

    private static func compare(
        _ chat: ChatRecord, _ text: String, in store: any ChatStore, _ check: Checker
    ) async throws {
        let found = try check.some(try await store.chat(id: chat.id), "the chat")
        try check.equal(found, chat, "the chat")
        let texts = [
            found.name, found.agent.config.name, found.run?.error, found.agent.config.systemPrompt,
            found.agent.config.tools.first?.description, found.context["city"]?.stringValue,
        ]
        try check.require(texts.allSatisfy { same($0, text) }, "a text became another: \(text.debugDescription)")
        try check.require(same(found.description, text + text), "the description became another")
    }

    private static func fullMessage(in chat: ChatRecord, order: Int64, text: String) -> ChatMessageRecord {
        let file = FileRef(
            uri: "inf://files/\(Identifier.random())/a%20b.png", filename: text, contentType: "image/png",
            id: Identifier.random(), size: .max)
        let bare = FileRef(uri: "https://example.com/x", filename: "", contentType: "application/octet-stream")
        var message = ChatMessageRecord(
            id: Identifier.random(), chatID: chat.id, teamID: chat.teamID, userID: Identifier.random(),
            createdAt: Timestamp(microseconds: -7), order: order, revision: chat.revision, status: .failed,
            role: .assistant, text: text, attachments: [file, bare], toolCallID: "call_\(text)",
            runID: Identifier.random(), taskID: Identifier.random())
        message.updatedAt = exactTime
        message.reasoning = text
        message.reasoningState = odd
        message.error = text
        message.tools = [
            ToolInvocationDTO(
                id: Identifier.random(), createdAt: exactTime, updatedAt: exactTime, messageID: message.id,
                callID: text, type: "client", name: "look_up", arguments: odd, status: .completed, result: text,
                attachments: [file]),
            ToolInvocationDTO.sample(),
        ]
        return message
    }

    static let messageRoundTrip: Body = { store, check in
        var chat = ChatRecord.sample()
        try await add(chat, to: store)
        chat = chat.next()
        let long = String(repeating: "0123456789abcde\u{301}💾", count: 10_240)
        try check.require(long.utf8.count > 200 << 10, "the long text is short")
        var expected = (oddTexts + textsWithNUL + [long]).enumerated().map { place, text in
            fullMessage(in: chat, order: Int64(place), text: text)
        }
        for role in ChatMessageRole.allCases {
            for status in ChatMessageStatus.allCases {
                let order = Int64(expected.count)
                expected.append(.sample(in: chat, order: order, role: role, status: status, text: ""))
            }
        }
        try await commit(chat, expected, to: store, check)
        let found = try await messages(of: chat, in: store)
        try check.equal(found.map(\.id), expected.map(\.id), "the messages")
        for (found, expected) in zip(found, expected) {
            let name = "the message of \(expected.text.prefix(20).debugDescription)"
            try check.require(found == expected, "\(name) came back different")
            let texts: [(String?, String?)] = [
                (found.text, expected.text), (found.reasoning, expected.reasoning), (found.error, expected.error),
                (found.toolCallID, expected.toolCallID), (found.tools.first?.result, expected.tools.first?.result),
                (found.attachments.first?.filename, expected.attachments.first?.filename),
            ]
            try check.require(texts.allSatisfy { same($0, $1) }, "\(name): a text became another")
        }
    }

    /// Lists compare names, and a store may be unable to keep a NUL there; it says so rather than cut the name.
    static let unstorable: Body = { store, check in
        let chat = ChatRecord.sample()
        try await add(chat, to: store)
        for text in textsWithNUL {
            try await check.refuses("a name with a NUL", with: .validation) {
                try await store.insert(ChatRecord.sample(name: text))
            }
            for member in [\ChatRecord.name, \.description] {
                var changed = chat.next()
                changed[keyPath: member] = text
                try await check.refuses("a change with a NUL", with: .validation) { [changed] in
                    try await store.commit(ChatChange(chat: changed, messages: [.sample(in: changed)]))
                }
            }
        }
        try check.equal(try await store.chat(id: chat.id), chat, "the chat")
        try check.equal(try await messages(of: chat, in: store), [], "its messages")
    }
}
