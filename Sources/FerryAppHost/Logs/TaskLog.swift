// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What of a task's log is passed on, and the last of it for the words of a failure.
final class TaskLog: Sendable {
    private static let tailLines = 5
    private static let tailLineLength = 300

    private struct State {
        var left: Int
        var isFull = false
        var tail: [String] = []
    }

    private let limit: Int
    private let state: Mutex<State>

    /// A log of at most `limit` bytes.
    init(limit: Int) {
        self.limit = limit
        state = Mutex(State(left: limit))
    }

    /// The text to pass on for these lines; nil when there is none or the limit was reached before.
    func admit(_ lines: [String]) -> String? {
        guard !lines.isEmpty else { return nil }
        return state.withLock { state in
            for line in lines where !line.utf8.isEmpty {
                state.tail.append(LogLineCutter.cut(line, to: Self.tailLineLength))
            }
            if state.tail.count > Self.tailLines { state.tail.removeFirst(state.tail.count - Self.tailLines) }
            guard !state.isFull else { return nil }
            var text = ""
            for line in lines {
                guard line.utf8.count < state.left else {
                    state.isFull = true
                    return text + "[the log is longer than \(limit) bytes; the rest of it was dropped]\n"
                }
                state.left -= line.utf8.count + 1
                text += line + "\n"
            }
            return text
        }
    }

    /// Whether nothing more is passed on.
    var isFull: Bool { state.withLock { $0.isFull } }

    /// The last lines, in one line; empty if nothing was logged.
    var tail: String { state.withLock { $0.tail.joined(separator: " | ") } }
}
