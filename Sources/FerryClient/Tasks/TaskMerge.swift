// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// Puts the lines of a task's stream together into records, each change once. Pure.
struct TaskMerge {
    private var known: JSONObject = [:]
    private var last: TaskDTO?

    /// The record a line leads to; nil if the line tells nothing new.
    ///
    /// - Throws: `WireFormatError`.
    mutating func take(_ line: TaskStreamLine) throws(WireFormatError) -> TaskDTO? {
        switch line {
        case .snapshot(let task): return take(task)
        case .partial(let data, let fields):
            guard last != nil else { return nil }
            for field in fields { known[field] = data[field] ?? .null }
            return take(try TaskDTO(json: .object(known)))
        case .delta, .heartbeat, .other: return nil
        }
    }

    /// The record, unless it is the one already told of.
    mutating func take(_ task: TaskDTO) -> TaskDTO? {
        guard task != last else { return nil }
        last = task
        known = task.json.objectValue ?? [:]
        return task
    }
}
