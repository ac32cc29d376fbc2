// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// Which of an agent's works is waited for, found out by the ids of messages and works. Pure.
struct AwaitedRun: Sendable {
    /// The message that is to be answered.
    let userMessage: ChatMessageDTO
    /// The message that will answer it, if the server said so at once.
    private let announced: String?
    /// The work; nil until the server has begun it, and for ever with servers that do not say.
    private(set) var runID: String?
    /// How far the message is that is to be answered.
    private(set) var status: ChatMessageStatus

    /// The work that answers a message which was just sent.
    init(_ response: AgentRunResponse) {
        userMessage = response.userMessage
        announced = response.assistantMessage?.id
        runID = response.userMessage.runID ?? response.assistantMessage?.runID
        status = response.userMessage.status
    }

    /// Whether the message still waits for the agent's time.
    var isQueued: Bool { status == .queued && runID == nil }
    /// Whether it was taken back before it was begun.
    var isWithdrawn: Bool { runID == nil && (status == .cancelled || status == .failed) }

    /// Whether a run is the one.
    func isIt(_ run: AgentRunDTO) -> Bool {
        if let id = run.userMessageID, !id.isEmpty { return id == userMessage.id }
        return !run.id.isEmpty && run.id == runID
    }

    /// Whether a message belongs to the work; nil if that cannot be told yet.
    func owns(_ message: ChatMessageDTO) -> Bool? {
        if message.id == userMessage.id || message.id == announced { return true }
        if let id = message.runID { return runID.map { $0 == id } ?? (isQueued ? nil : false) }
        return !isQueued && message.role != .user && message.order > userMessage.order
    }

    /// Learns from a run.
    mutating func learn(_ run: AgentRunDTO) {
        guard isIt(run) else { return }
        if !run.id.isEmpty { runID = run.id }
        if status == .queued { status = .ready }
    }

    /// Learns from a message.
    mutating func learn(_ message: ChatMessageDTO) {
        if message.id == userMessage.id {
            status = message.status
            runID = runID ?? message.runID
        } else if message.id == announced {
            runID = runID ?? message.runID
        }
    }

    /// What a chat's state says of the work.
    enum Verdict: Sendable, Hashable {
        /// It is under way, or waits for its turn.
        case goesOn
        /// It has come to an end, or waits for a tool.
        case over
        /// Its messages must be looked at.
        case uncertain
    }

    /// What the state of its chat says of the work.
    func verdict(_ chat: ChatDTO) -> Verdict {
        if let run = chat.activeRun, isIt(run) { return run.state.isWorking ? .goesOn : .over }
        guard chat.isAtWork else { return .uncertain }
        return isQueued || runID == nil ? .goesOn : .uncertain
    }
}

extension ChatDTO {
    /// Whether by any of its signs the agent is at work.
    var isAtWork: Bool { status == .busy || activeRun?.state.isWorking == true }
}
