// SPDX-License-Identifier: Apache-2.0

internal import FerryWire
internal import Synchronization

/// Results so far of the tasks that run in this process, one a task, for those who watch. They are not kept: a task
/// that is begun again makes them again.
package final class PartialOutputs: Sendable {
    private struct Partial {
        var output: JSONValue
        var mark: Int64
    }

    private struct State {
        var partials: [String: Partial] = [:]
        var lastMark: Int64 = 0
    }

    private let state = Mutex(State())

    /// None yet.
    package init() {}

    /// Notes a task's result so far, in place of the one before.
    func set(_ output: JSONValue, of id: String) {
        state.withLock { state in
            state.lastMark += 1
            state.partials[id] = Partial(output: output, mark: state.lastMark)
        }
    }

    /// Forgets a task.
    func remove(_ id: String) { state.withLock { _ = $0.partials.removeValue(forKey: id) } }

    /// A number that differs whenever a task's result so far does; 0 for none.
    func mark(of id: String) -> Int64 { state.withLock { $0.partials[id]?.mark ?? 0 } }

    /// The task with its result so far as its output, while it is under way.
    func shown(_ task: TaskRecord) -> TaskRecord {
        guard !task.status.isTerminal, task.output.isNull,
            let output = state.withLock({ $0.partials[task.id]?.output })
        else { return task }
        var task = task
        task.output = output
        return task
    }
}
