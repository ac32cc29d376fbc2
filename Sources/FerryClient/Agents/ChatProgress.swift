// SPDX-License-Identifier: Apache-2.0

import Crypto
import FerryWire

/// Makes events of the lines of a chat's stream, however often the stream was begun again: nothing is told twice,
/// nothing is left out, and nothing of other works than the awaited one but the chat's state. Pure.
struct ChatProgress: Sendable {
    /// Most messages and calls of which is known that they were told; beyond it, the oldest are forgotten.
    static let maximumKnown = 4096
    /// Most messages kept until it is known whose they are.
    private static let maximumHeld = 64
    /// Most answers written at once.
    private static let maximumAnswers = 16

    /// The work that is waited for; nil for whatever the chat does.
    private(set) var awaited: AwaitedRun?
    /// The awaited work's latest message of the assistant.
    private(set) var answer: ChatMessageDTO?
    /// The awaited work itself, as it was told last.
    private(set) var run: AgentRunDTO?
    /// The chat as it was told last.
    private(set) var chat: ChatDTO?
    private var told = RecentKeys<String, [UInt8]>(maximumCount: ChatProgress.maximumKnown)
    private var toldCalls = RecentKeys<String, Bool>(maximumCount: ChatProgress.maximumKnown)
    /// Messages whose text was told to its end.
    private var settled = RecentKeys<String, Bool>(maximumCount: ChatProgress.maximumKnown)
    private var answers = RecentKeys<String, LiveAnswer>(maximumCount: ChatProgress.maximumAnswers)
    private var held: [ChatMessageDTO] = []
    /// Most bytes of one answer.
    private let maximumAnswerSize: Int

    /// Nothing yet.
    init(awaiting awaited: AwaitedRun?, maximumAnswerSize: Int) {
        self.awaited = awaited
        self.maximumAnswerSize = maximumAnswerSize
    }

    /// The events that a line makes.
    ///
    /// - Throws: ``FerryError`` (`limitExceeded`) for an answer without end.
    mutating func take(_ line: ChatStreamLine) throws(FerryError) -> [AgentEvent] {
        switch line {
        case .chat(let chat): return take(chat)
        case .message(let message): return take(message)
        case .delta(let delta): return try take(delta)
        case .run(let run):
            let before = self.run
            learn(run)
            let events = released()
            guard let after = self.run, after != before else { return events }
            return events + [.run(after)]
        case .heartbeat, .other: return []
        }
    }

    private mutating func learn(_ run: AgentRunDTO) {
        awaited?.learn(run)
        if awaited?.isIt(run) == true { self.run = run }
    }

    private mutating func take(_ chat: ChatDTO) -> [AgentEvent] {
        if let run = chat.activeRun { learn(run) }
        let events = released()
        guard chat != self.chat else { return events }
        self.chat = chat
        return events + [.chat(chat)]
    }

    private mutating func take(_ message: ChatMessageDTO) -> [AgentEvent] {
        awaited?.learn(message)
        let belongs: Bool? = if let awaited { awaited.owns(message) } else { true }
        switch belongs {
        case true: return released() + events(of: message)
        case false: return released()
        case nil:
            held.removeAll { $0.id == message.id }
            held.append(message)
            if held.count > Self.maximumHeld { held.removeFirst() }
            return released()
        }
    }

    /// The events of messages of which is known by now that they belong to the awaited work.
    private mutating func released() -> [AgentEvent] {
        guard let awaited, !held.isEmpty, !awaited.isQueued else { return [] }
        let messages = held
        held = []
        return messages.filter { awaited.owns($0) == true }.flatMap { events(of: $0) }
    }

    private mutating func events(of message: ChatMessageDTO) -> [AgentEvent] {
        let digest = Self.digest(message)
        let before = told[message.id]
        guard before != digest else { return [] }
        told[message.id] = digest
        var events: [AgentEvent] = []
        if message.role == .assistant {
            events = rest(of: message)
            if (answer?.order ?? .min) <= message.order { answer = message }
        }
        events.append(.message(message))
        for call in message.toolInvocations where call.awaitsClient && toldCalls[call.id] == nil {
            toldCalls[call.id] = true
            events.append(.toolCall(call))
        }
        return events
    }

    /// What tells one state of a message from another: neither the signatures of links, which are new each time, nor
    /// the text of one that is being written, of which increments tell.
    private static func digest(_ message: ChatMessageDTO) -> [UInt8] {
        var message = message
        if message.role == .assistant, message.status == .pending {
            message.content.removeAll { $0.kind == .text || $0.kind == .reasoning }
        }
        for index in message.content.indices {
            message.content[index].uri = message.content[index].uri.map { uri in
                String(uri.unicodeScalars.prefix { $0 != "?" })
            }
        }
        return Array(SHA256.hash(data: message.json.serialized()))
    }

    /// The rest of an answer that has become a message.
    private mutating func rest(of message: ChatMessageDTO) -> [AgentEvent] {
        guard message.status.isFinal, settled[message.id] == nil else { return [] }
        var live = answers[message.id] ?? LiveAnswer()
        live.settle(message, isWhole: message.status == .ready)
        let event = event(of: &live, message.id)
        answers[message.id] = nil
        settled[message.id] = true
        return event.map { [$0] } ?? []
    }

    private mutating func take(_ delta: AnswerDelta) throws(FerryError) -> [AgentEvent] {
        guard !delta.messageID.isEmpty, settled[delta.messageID] == nil else { return [] }
        var live = answers[delta.messageID] ?? LiveAnswer()
        live.take(delta)
        guard live.heard.size <= maximumAnswerSize else {
            throw FerryError(
                .limitExceeded,
                "the answer is longer than \(maximumAnswerSize) bytes, the limit (maximumAnswerSize); stop the chat")
        }
        // Of a message that is not known to belong to the work, it is kept until it is.
        let isOurs = awaited == nil || told[delta.messageID] != nil
        let event = isOurs ? event(of: &live, delta.messageID) : nil
        answers[delta.messageID] = live
        return event.map { [$0] } ?? []
    }

    private func event(of live: inout LiveAnswer, _ messageID: String) -> AgentEvent? {
        guard let news = live.news() else { return nil }
        return .delta(
            AgentDelta(
                messageID: messageID, sequence: live.sequence, increment: news.increment, answer: live.heard,
                isRestart: news.isRestart))
    }

    /// What the chat's state says of the work that is waited for.
    var verdict: AwaitedRun.Verdict {
        guard let chat else { return .goesOn }
        return awaited?.verdict(chat) ?? (chat.isAtWork ? .goesOn : .over)
    }

    /// Whether the messages alone say that the awaited work has come to an end.
    var isAnswered: Bool { awaited?.isWithdrawn == true || answer?.status.isFinal == true }

    /// Whether of a work that has come to an end the last message is known for certain.
    var isComplete: Bool {
        guard let answer, answer.status.isFinal else { return awaited?.isWithdrawn == true }
        let waits = (run ?? chat?.activeRun)?.state == .inputRequired
        return waits ? !awaitingCalls.isEmpty : answer.toolInvocations.isEmpty
    }

    /// The calls that wait for the client.
    var awaitingCalls: [ToolCall] { answer?.toolInvocations.filter(\.awaitsClient) ?? [] }
}
