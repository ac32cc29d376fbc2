// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// The records of tasks. What a call reports as done survives any kind of death of the process or the machine.
///
/// List fields: `id app function` (text), `session_id` `chat_id` (text, no value outside of sessions and chats), `status`
/// (integer), `created_at`, `updated_at`.
public protocol TaskStore: Sendable {
    /// Adds a record with its events. Owner and lease are nil, attempts 0.
    func insert(_ task: TaskRecord) async throws

    /// The record of that id, of any team, with its events and logs.
    func task(id: String) async throws -> TaskRecord?

    /// Whether there is such a task, and as much of it as tells whether it changed. Of any team.
    func glance(id: String) async throws -> TaskGlance?

    /// Changes a task's state, in one transaction, if its present state is one of `allowed`, and records the event.
    ///
    /// A terminal state and the queued one clear owner and lease; a task that its owner gives back to the queue also
    /// gets back the attempt that was begun. A task in a terminal state never changes, whatever `allowed` says.
    /// - Parameter owner: if given, the task's present owner must be this one.
    /// - Returns: the record afterwards; nil if there is none, or its state or owner is another.
    func transition(
        id: String, to status: TaskStatus, from allowed: Set<TaskStatus>, owner: String?, change: TaskChange,
        at time: Timestamp
    ) async throws -> TaskRecord?

    /// Appends text to a log, keeping the latest `maximumBytes` of it, cut on a scalar. Nothing if there is no task.
    func appendLog(
        id: String, kind: TaskLogDTO.Kind, text: String, maximumBytes: Int, at time: Timestamp
    ) async throws

    /// The records a query wants, newest first, with events but without logs.
    func list(_ query: RecordQuery) async throws -> [TaskRecord]

    /// Removes a task in a terminal state, with its events and logs. False if there is none or it has not ended.
    func delete(id: String) async throws -> Bool

    /// How many tasks have not ended.
    func unfinishedCount() async throws -> Int
}

/// What changes beside the state.
public struct TaskChange: Sendable, Hashable {
    /// The output, if it is to be set.
    public var output: JSONValue?
    /// The error, if it is to be set.
    public var error: String?

    /// A change.
    public init(output: JSONValue? = nil, error: String? = nil) {
        self.output = output
        self.error = error
    }
}
