// SPDX-License-Identifier: Apache-2.0

/// What a chat is doing, by its name on the wire.
public enum ChatStatus: String, Sendable, CaseIterable {
    /// Its agent works.
    case busy
    /// Nothing is under way.
    case idle
    /// Its agent waits for results of client tools.
    case awaitingInput = "awaiting_input"
    /// Its agent waits for a time or an event; a message ends the wait.
    case waiting
    /// Its agent has finished, with an output.
    case completed
}

/// How far a message is, by its name on the wire.
public enum ChatMessageStatus: String, Sendable, CaseIterable {
    /// It is being written.
    case pending
    /// It waits until the agent has time for it.
    case queued
    /// It is whole.
    case ready
    /// It could not be written to its end.
    case failed
    /// It was stopped, or never begun.
    case cancelled

    /// Whether it never changes again.
    public var isFinal: Bool { self == .ready || self == .failed || self == .cancelled }
}

/// Who speaks, by its name on the wire.
public enum ChatMessageRole: String, Sendable, CaseIterable {
    case system
    case user
    case assistant
    /// The result of a tool.
    case tool
    case injection
    case compaction
    case event
}

/// The state of an agent's work on one message, by its name on the wire.
public enum AgentRunState: String, Sendable, CaseIterable {
    case submitted
    case working
    /// Results of client tools are missing.
    case inputRequired = "input_required"
    case authRequired = "auth_required"
    case completed
    case failed
    case canceled
    case rejected

    /// Whether the agent itself is at work.
    public var isWorking: Bool { self == .submitted || self == .working }

    /// Whether it never changes again.
    public var isTerminal: Bool {
        switch self {
        case .completed, .failed, .canceled, .rejected: true
        default: false
        }
    }
}

/// The state of one call of a tool, by its name on the wire.
public enum ToolInvocationStatus: String, Sendable, CaseIterable {
    case pending
    case inProgress = "in_progress"
    /// The client is to run the tool and to give its result.
    case awaitingInput = "awaiting_input"
    case awaitingApproval = "awaiting_approval"
    case waiting
    case completed
    case failed
    case cancelled
}

extension JSONReader {
    /// A member of one of an enumeration's names; nil if it is absent or of a later version.
    func named<Value: RawRepresentable>(_ key: String, _ type: Value.Type = Value.self) throws(WireFormatError)
        -> Value?
    where Value.RawValue == String {
        guard let text = try string(key) else { return nil }
        return Value(rawValue: text)
    }
}
