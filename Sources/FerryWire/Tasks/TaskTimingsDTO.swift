// SPDX-License-Identifier: Apache-2.0

/// How long a task was in which phase, in milliseconds, all attempts together. A phase under way counts until now.
public struct TaskTimingsDTO: JSONConvertible, Hashable {
    /// The task's id.
    public var taskID: String
    /// Its state.
    public var status: TaskStatus
    /// Waiting to be begun, a wanted delay included.
    public var queued: Int64
    /// Getting a worker and the input's files.
    public var preparing: Int64
    /// Setting up a fresh worker.
    public var settingUp: Int64
    /// The app at work.
    public var running: Int64
    /// Storing the output's files.
    public var uploading: Int64
    /// From the request to the end.
    public var total: Int64

    /// Timings of these values.
    public init(
        taskID: String, status: TaskStatus, queued: Int64 = 0, preparing: Int64 = 0, settingUp: Int64 = 0,
        running: Int64 = 0, uploading: Int64 = 0, total: Int64 = 0
    ) {
        self.taskID = taskID
        self.status = status
        self.queued = queued
        self.preparing = preparing
        self.settingUp = settingUp
        self.running = running
        self.uploading = uploading
        self.total = total
    }

    /// What a task's state changes tell.
    ///
    /// - Parameters:
    ///   - events: oldest first.
    ///   - now: until when a phase under way counts.
    public init(taskID: String, status: TaskStatus, events: [(status: TaskStatus, time: Timestamp)], now: Timestamp) {
        self.init(taskID: taskID, status: status)
        // Microseconds are added up first: many short phases are not nothing.
        var spent: [WritableKeyPath<Self, Int64>: Int64] = [:]
        for (index, event) in events.enumerated() where !event.status.isTerminal {
            let end = index + 1 < events.count ? events[index + 1].time : now
            let phase: WritableKeyPath<Self, Int64> =
                switch event.status {
                case .dispatched, .preparing: \.preparing
                case .serving, .settingUp: \.settingUp
                case .running, .cancelling: \.running
                case .uploading: \.uploading
                default: \.queued
                }
            // A clock that was put back makes no phase negative.
            spent[phase, default: 0] += max(end.microseconds - event.time.microseconds, 0)
        }
        for (phase, microseconds) in spent { self[keyPath: phase] = microseconds / 1000 }
        total = spent.values.reduce(0, +) / 1000
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        taskID = try reader.string("task_id") ?? ""
        status = TaskStatus(json: reader.value("status"))
        queued = try reader.integer("queued_ms") ?? 0
        preparing = try reader.integer("preparing_ms") ?? 0
        settingUp = try reader.integer("setting_up_ms") ?? 0
        running = try reader.integer("running_ms") ?? 0
        uploading = try reader.integer("uploading_ms") ?? 0
        total = try reader.integer("total_ms") ?? 0
    }

    public var json: JSONValue {
        [
            "task_id": .string(taskID), "status": .integer(Int64(status.rawValue)), "queued_ms": .integer(queued),
            "preparing_ms": .integer(preparing), "setting_up_ms": .integer(settingUp),
            "running_ms": .integer(running), "uploading_ms": .integer(uploading), "total_ms": .integer(total),
        ]
    }
}
