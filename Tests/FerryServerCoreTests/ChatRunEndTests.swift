// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

/// What streams tell of works that end, and of long ones.
@Suite struct ChatRunEndTests {
    @Test func `the end of a work is told though the next one begins in the same moment`() async throws {
        let door = Latch()
        let world = try await World.withModel { work, _, _ in
            guard work.input["text"] == "one" else { return ["response": "2"] }
            try await door.wait()
            return ["response": "", "tool_calls": [ChatEditTests.call("finish", ["number": 1])]]
        }
        try await world.withAgents {
            let config = AgentConfig(coreApp: CoreAppConfig(ref: "test/model"), outputSchema: ["type": "object"])
            let posted = try await world.say("one", config: config)
            let id = posted.user.chatID
            let queued = try await world.say("two", in: id)
            #expect(queued.user.status == .queued)
            let chat = try await world.chat(id)
            let presenter = ChatPresenter(files: world.presenter, limits: world.limits)
            var ended: [AgentRunDTO] = []
            var last: ChatDTO?
            for try await line in world.services.chats.updates(of: chat, presenter: presenter) {
                door.open()
                if case .run(let run) = line { ended.append(run) }
                if case .chat(let chat) = line { last = chat }
            }
            #expect(ended.map(\.userMessageID) == [posted.user.id])
            #expect(ended.first?.state == .completed && ended.first?.output == ["number": 1])
            #expect(last?.activeRun?.userMessageID == queued.user.id && last?.output == .null)
            // Whoever comes later is told as well.
            let later = try await world.lines(id).compactMap { if case .run(let run) = $0 { run.id } else { nil } }
            #expect(later == ended.map(\.id))
        }
    }

    @Test func `a run of many messages is told whole, in order`() async throws {
        let world = try await World.withModel { work, _, _ in
            // Ten calls of a tool that is not there, thirty times.
            let steps = work.input["context"]?.arrayValue?.filter { $0["role"] == "assistant" }.count ?? 0
            guard steps < 15 else { return ["response": "the end"] }
            let calls = (0..<10).map { ChatEditTests.call("nowhere", id: "c\(steps)_\($0)") }
            return ["response": .string("step \(steps)"), "tool_calls": .array(calls)]
        }
        try await world.withAgents {
            let id = try await world.say("go").user.chatID
            _ = try await world.settled(id)
            var orders: [Int64] = []
            for case .message(let message) in try await world.lines(id) { orders.append(message.order) }
            #expect(orders.count > 150)
            #expect(orders == orders.sorted() && Set(orders).count == orders.count)
            #expect(orders == (try await world.messages(id)).map(\.order).sorted())
        }
    }

    @Test func `a chat remembers its latest works, not all of them`() throws {
        var table = ChatEditTests.Table()
        for number in 0..<20 {
            try table.say("\(number)")
            try table.answer(["response": "ok"])
        }
        #expect(table.chat.endedRuns.count == ChatRecord.maximumEndedRuns)
        #expect(table.chat.endedRuns.allSatisfy { $0.state == .completed })
        var copy = table.chat
        copy.endedRuns = []
        try copy.read(document: table.chat.document)
        #expect(copy == table.chat)
    }

    @Test func `calls of one id are told apart`() throws {
        var table = ChatEditTests.Table(tools: [ChatEditTests.weather])
        try table.say("go")
        try table.answer([
            "response": "",
            "tool_calls": [
                ChatEditTests.call("weather", id: "same"), ChatEditTests.call("weather", id: "same"),
                ChatEditTests.call("weather", id: ""),
            ],
        ])
        let ids = table.inOrder.last?.tools.map(\.callID) ?? []
        #expect(ids.first == "same" && Set(ids).count == 3 && !ids.contains(""))
    }
}
