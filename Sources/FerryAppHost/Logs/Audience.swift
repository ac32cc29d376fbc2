// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Synchronization

/// Who hears what a worker tells during its setup or a task.
final class Audience: Sendable {
    /// The task; nil during the setup.
    let task: String?
    let log: TaskLog
    private let gate: EventGate
    private let limits: AppHostLimits

    init(task: String?, limits: AppHostLimits, events: @escaping @Sendable (AppEvent) async -> Void) {
        self.task = task
        self.limits = limits
        log = TaskLog(limit: limits.maximumLog)
        gate = EventGate(handler: events)
    }

    func deliver(_ event: AppEvent) async { await gate.deliver(event) }

    /// Passes lines on as far as the log has room.
    func write(_ lines: [String]) async {
        if let text = log.admit(lines) { await gate.deliver(.log(text, kind: task == nil ? .setup : .run)) }
    }

    /// The same with text that may have several lines.
    func write(_ text: String) async {
        var cutter = LogLineCutter(maximumLength: limits.maximumLogLine)
        var lines = cutter.lines(in: Array(text.utf8))
        if let rest = cutter.finish() { lines.append(rest) }
        await write(lines)
    }
}

/// Which audience a worker has now.
final class WorkerListener: Sendable {
    private let state = Mutex<Audience?>(nil)

    var current: Audience? { state.withLock { $0 } }

    func attach(_ audience: Audience?) { state.withLock { $0 = audience } }
}
