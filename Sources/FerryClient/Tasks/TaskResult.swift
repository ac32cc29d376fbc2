// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// What came of a task.
public struct TaskResult: Sendable, Hashable {
    /// The task's whole record.
    public var task: TaskDTO

    /// The result a record tells of.
    public init(task: TaskDTO) { self.task = task }

    /// The task's id.
    public var id: String { task.id }
    /// Its state.
    public var status: TaskStatus { task.status }
    /// What the app returned; null if it was not waited for.
    public var output: JSONValue { task.output }
    /// What it logged.
    public var logs: [TaskLogDTO] { task.logs }
}
