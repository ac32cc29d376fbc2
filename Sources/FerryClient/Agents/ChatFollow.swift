// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Logging

/// Follows a chat by its stream, from one connection to the next, until the awaited work is over. Runs while it is
/// asked for events; holds the lines of one piece of the network at most.
struct ChatFollow {
    /// Most bytes of a line. 1 MiB.
    static let maximumLineLength = 1 << 20
    /// How long to wait before a chat is looked at again of which the stream does not tell.
    private static let lookingInterval = Duration.seconds(2)
    /// How often in a row a work may be found neither under way nor answered.
    private static let maximumLooks = 30
    /// How many connections in a row may bring nothing, as a multiple of the tries of a request.
    private static let connectionsPerAttempt = 3

    let chatID: String
    private(set) var progress: ChatProgress
    private let transport: Transport
    private let tools: ToolRunner?
    private var connection: ChatConnection?
    private var lines: ArraySlice<[UInt8]> = []
    private var events: ArraySlice<AgentEvent> = []
    private var phase = Phase.following
    private var failures = 0
    private var spent = 0
    private var looks = 0
    private var connections = 0
    /// The message for whose calls was asked.
    private var asked: String?
    /// The chat, looked at after its answer was complete, where the stream does not tell of works.
    private var found: ChatDTO?

    private enum Phase {
        /// More is to come by a stream.
        case following
        /// The work has come to an end, or waits for tools.
        case over
        /// Nothing more.
        case finished
    }

    /// - Parameters:
    ///   - awaited: the work that is waited for; nil for whatever the chat does.
    ///   - tools: what runs client tools; nil to end where they are waited for.
    init(chat id: String, awaiting awaited: AwaitedRun?, tools: ToolRunner?, on transport: Transport) {
        chatID = id
        self.transport = transport
        self.tools = tools
        progress = ChatProgress(
            awaiting: awaited, maximumAnswerSize: transport.configuration.limits.maximumAnswerSize)
    }

    /// The next event; nil after the last one.
    ///
    /// - Throws: ``FerryError`` and `CancellationError`.
    mutating func next() async throws -> AgentEvent? {
        while true {
            if let event = events.popFirst() { return event }
            try Task.checkCancellation()
            switch phase {
            case .finished: return nil
            case .over: try await end()
            case .following:
                // A server may keep the stream open while it waits for the results. What it said meanwhile is old.
                if lines.isEmpty, let tools, try await tools.run(progress.awaitingCalls) { close() }
                do {
                    if try await isWaitingForCaller() { continue }
                    try await follow()
                } catch {
                    connection = nil
                    lines = []
                    try await recover(from: error)
                }
            }
        }
    }

    // MARK: The stream

    private mutating func follow() async throws {
        if let line = lines.popFirst() { return try await take(line) }
        let silence = transport.configuration.timeouts.streamSilence
        let expired = FerryError(
            .timeout, "the stream of chat \(chatID) was silent for \(silence), the limit (streamSilence)",
            isRetryable: true)
        let (id, transport) = (chatID, transport)
        guard let connection else {
            connection = try await withDeadline(silence, expired: expired) {
                try await ChatConnection.open(chat: id, maximumLineLength: Self.maximumLineLength, on: transport)
            }
            connections += 1
            return
        }
        guard let fresh = try await withDeadline(silence, expired: expired, { try await connection.lines() }) else {
            throw FerryError(
                .connection, "the stream of chat \(chatID) ended before the agent did; try again", isRetryable: true)
        }
        lines = fresh[...]
    }

    /// Whether the work waits for results that nobody but the caller can give. Asked once for each message with calls,
    /// when the caller has been told of them: a server may keep the stream open for a while.
    private mutating func isWaitingForCaller() async throws -> Bool {
        guard lines.isEmpty, tools == nil, progress.awaited != nil, !progress.awaitingCalls.isEmpty,
            let answer = progress.answer, asked != answer.id
        else { return false }
        var chat = try await AgentsAPI(transport: transport).getChat(chatID)
        asked = answer.id
        guard let run = chat.activeRun, progress.awaited?.isIt(run) == true, run.state == .inputRequired else {
            return false
        }
        chat.messages = nil
        events = try progress.take(.chat(chat))[...]
        close()
        phase = .over
        return true
    }

    private mutating func take(_ bytes: [UInt8]) async throws {
        guard bytes.contains(where: { $0 > 0x20 }) else { return }
        let line: ChatStreamLine
        do {
            line = try ChatStreamLine(json: try JSONValue(parsing: bytes))
        } catch {
            throw FerryError.unexpectedAnswer("\(error)", underlying: error)
        }
        let fresh = try progress.take(line)
        if !fresh.isEmpty || line == .heartbeat { moved() }
        events = fresh[...]
        guard case .chat = line else { return }
        switch progress.verdict {
        case .goesOn: looks = 0
        case .over:
            close()
            // What was said while nobody listened may be missing.
            if !progress.isComplete, progress.awaited != nil || connections > 1 { try await look() }
            phase = .over
        case .uncertain:
            close()
            try await look()
            if progress.isAnswered {
                // What it found is told by the chat, if by anything; the one of the stream may be older than the answer.
                if progress.run == nil { found = try await AgentsAPI(transport: transport).getChat(chatID) }
                phase = .over
            } else {
                try await waitForNextLook()
            }
        }
    }

    private mutating func close() {
        connection = nil
        lines = []
    }

    // MARK: What the stream does not tell

    /// Reads the messages, and tells of them before the state of the chat that made them be read.
    private mutating func look() async throws {
        let messages = try await AgentsAPI(transport: transport).recentMessages(chatID)
        var fresh: [AgentEvent] = []
        for message in messages { fresh += try progress.take(.message(message)) }
        events = (fresh + events)[...]
    }

    private mutating func waitForNextLook() async throws {
        // A message may wait for its turn as long as it likes.
        // So may a tool that another stream of this agent runs.
        let isBusy = tools?.agent.isRunning(progress.awaitingCalls) == true
        looks = progress.awaited?.isQueued == true || isBusy ? 0 : looks + 1
        guard looks < Self.maximumLooks else {
            throw FerryError.unexpectedAnswer("the agent of chat \(chatID) is not at work, and did not answer")
        }
        try await transport.retrier.sleep(Self.lookingInterval)
    }

    // MARK: Failures

    private mutating func moved() {
        failures = 0
        if spent > 0 { transport.retrier.budget.give(spent) }
        spent = 0
    }

    /// Waits before the next connection.
    ///
    /// - Throws: the error, unless another connection may be better.
    private mutating func recover(from error: any Error) async throws {
        try Task.checkCancellation()
        guard let error = error as? FerryError, error.isRetryable else { throw error }
        failures += 1
        let retrier = transport.retrier
        let attempts = retrier.policy.maximumAttempts
        let cost = error.isThrottle ? retrier.policy.throttleCost : retrier.policy.retryCost
        guard attempts > 1, failures < attempts * Self.connectionsPerAttempt, retrier.budget.take(cost) else {
            guard progress.awaited != nil else { throw error }
            throw error.inDoubt("the message was taken in chat \(chatID), where its answer will be")
        }
        spent += cost
        let wait = retrier.policy.delay(afterAttempt: failures, hint: error.retryAfter, random: retrier.random())
        retrier.logger.debug(
            "opening a stream again", metadata: ["after": "\(error.shortDescription)", "wait": "\(wait)"])
        try await retrier.sleep(wait)
    }

    // MARK: The end

    /// Runs the tools that are waited for, after which the work goes on; without any, it is the end.
    private mutating func end() async throws {
        if let tools, try await tools.run(progress.awaitingCalls) {
            phase = .following
            return
        }
        if tools != nil, !progress.awaitingCalls.isEmpty {
            // They were run; the server does not know yet.
            try await waitForNextLook()
            phase = .following
            return
        }
        phase = .finished
        guard progress.awaited != nil else { return }
        _ = try outcome()
    }

    /// The answer of the awaited work.
    ///
    /// - Throws: ``FerryError`` (`taskFailed`, `taskCancelled`) in the server's words.
    func outcome() throws -> ChatMessageDTO {
        let reason = progress.run?.error ?? progress.answer?.error
        let words = reason.flatMap { $0.isEmpty ? nil : ": \($0)" } ?? ""
        let failure = FerryError(
            .taskFailed, "the agent failed in chat \(chatID)\(words)", taskID: progress.answer?.taskID)
        let cancelled = FerryError(.taskCancelled, "the work in chat \(chatID) was stopped")
        switch progress.run?.state {
        case .failed?, .rejected?: throw failure
        case .canceled?: throw cancelled
        default: break
        }
        if progress.awaited?.isWithdrawn == true { throw cancelled }
        guard let answer = progress.answer else {
            throw FerryError.unexpectedAnswer("the agent of chat \(chatID) ended without an answer")
        }
        switch answer.status {
        case .failed: throw failure
        case .cancelled: throw cancelled
        default: return answer
        }
    }

    /// What the awaited work found.
    var output: JSONValue {
        if let output = progress.run?.output, !output.isNull { return output }
        // A long one is with the chat alone.
        if let chat = found ?? progress.chat, chat.activeRun.map({ progress.awaited?.isIt($0) ?? true }) ?? true,
            !chat.output.isNull
        {
            return chat.output
        }
        // The chat may have gone on to another message since.
        let end = progress.answer?.toolInvocations.last { $0.isFinish }
        return end?.arguments ?? .null
    }
}
