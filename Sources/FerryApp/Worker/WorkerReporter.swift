// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Synchronization

/// Passes the reports of one task, or of a setup, on to the host, until that ends.
final class WorkerReporter: TaskReporter {
    /// Most bytes of one log line.
    private static let maximumText = 16 << 10

    private struct State {
        var isOpen = true
        var dropped = 0
    }

    /// Nil for a setup, which has a log and nothing else.
    private let task: String?
    private let writer: MessageWriter
    private let state = Mutex(State())

    init(task: String?, writer: MessageWriter) {
        self.task = task
        self.writer = writer
    }

    func log(_ message: String, level: LogLevel) {
        let text = Self.cut(message)
        state.withLock { state in
            guard state.isOpen else { return }
            if !writer.offer(.log(task: task, level: level, message: text)) { state.dropped += 1 }
        }
    }

    func progress(_ fraction: Double?, message: String?) {
        guard let task else { return }
        let known = fraction.flatMap { $0.isNaN ? nil : min(1, max(0, $0)) }
        let text = message.map(Self.cut)
        state.withLock { state in
            guard state.isOpen else { return }
            _ = writer.offer(.progress(task: task, fraction: known, message: text))
        }
    }

    func partial(_ output: JSONValue) async {
        guard let task else { return }
        await send(.partial(task: task, output: output), called: "a partial output")
    }

    func delta(_ delta: JSONValue) async {
        guard let task else { return }
        await send(.delta(task: task, delta: delta), called: "an increment of the answer")
    }

    private func send(_ message: WorkerMessage, called name: String) async {
        guard message.fits else {
            log("\(name) of more than 8 MiB was dropped", level: .warning)
            return
        }
        guard state.withLock({ $0.isOpen }) else { return }
        await writer.send(message)
    }

    /// Ends the reports, telling the host how many log lines it missed.
    func close() async {
        let dropped = state.withLock { state in
            state.isOpen = false
            return state.dropped
        }
        guard dropped > 0 else { return }
        let text = "\(dropped) log lines were dropped because they came faster than they were read"
        await writer.send(.log(task: task, level: .warning, message: text))
    }

    /// The text, cut on a scalar to what one line may hold.
    private static func cut(_ text: String) -> String {
        guard text.utf8.count > maximumText else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: maximumText)
        while end.samePosition(in: text.unicodeScalars) == nil { text.utf8.formIndex(before: &end) }
        return String(text.unicodeScalars[..<end]) + "…"
    }
}
