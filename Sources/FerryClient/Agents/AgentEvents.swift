// SPDX-License-Identifier: Apache-2.0

/// What happens in a chat, event by event, up to the end of the agent's work.
///
/// It runs while it is iterated, each iterator on its own: a sequence of
/// ``Agent/streamMessage(_:files:onToolCall:progress:)`` sends its message when the first event is asked for, once for each iterator. Nothing is fetched ahead; cancelling or
/// dropping the iterator closes the connection, and the agent goes on.
///
/// A connection that is lost, or silent for longer than ``TimeLimits/streamSilence``, is replaced by the retry policy,
/// without an event lost or told twice.
public struct AgentEvents: AsyncSequence, Sendable {
    /// Something that happened.
    public typealias Element = AgentEvent

    private let start: @Sendable () async throws -> ChatFollow

    init(_ start: @escaping @Sendable () async throws -> ChatFollow) { self.start = start }

    /// Goes through the events.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let start: @Sendable () async throws -> ChatFollow
        private var follow: ChatFollow?
        private var isFinished = false

        fileprivate init(_ events: AgentEvents) { start = events.start }

        /// The next event; nil after the end.
        ///
        /// - Throws: ``FerryError`` and `CancellationError`; after the last event of a message's work also `taskFailed`
        ///   and `taskCancelled`.
        public mutating func next() async throws -> AgentEvent? {
            guard !isFinished else { return nil }
            do {
                if follow == nil { follow = try await start() }
                if let event = try await follow?.next() { return event }
            } catch {
                isFinished = true
                follow = nil
                throw error
            }
            isFinished = true
            follow = nil
            return nil
        }
    }

    /// Starts.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }
}
