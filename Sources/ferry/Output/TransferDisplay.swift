// SPDX-License-Identifier: Apache-2.0

import Dispatch
import FerryClient
import Synchronization

/// Shows transfers on standard error: one line that is redrawn on a terminal, a line for each finished one elsewhere,
/// nothing with `--quiet` and `--json`.
final class TransferDisplay: Sendable {
    private enum Style: Sendable {
        case none, lines
        case bar(colour: Bool)
    }

    /// What a transfer does, before and after.
    struct Words: Sendable {
        var active: String
        var done: String

        static let upload = Words(active: "uploading", done: "uploaded")
        static let download = Words(active: "downloading", done: "downloaded")
    }

    private struct State: Sendable {
        var line: ProgressLine
        var lastDrawn: ContinuousClock.Instant?
        var isDrawing = false
        var isVisible = false
    }

    /// Shortest time between two drawings.
    private static let interval = Duration.milliseconds(100)

    private let words: Words
    private let style: Style
    private let start = ContinuousClock.now
    private let state: Mutex<State>
    /// Draws, so that a terminal that is held does not hold a transfer.
    private let queue = DispatchQueue(label: "ferry.progress")

    /// A display of so many transfers.
    init(_ words: Words, count: Int, console: Console, environment: [String: String] = ProcessEnvironment.current) {
        self.words = words
        if console.format != .human || console.isQuiet {
            style = .none
        } else if Terminal.canRedraw(environment: environment) {
            style = .bar(colour: Terminal.wantsColour(environment: environment))
        } else {
            style = .lines
        }
        state = Mutex(State(line: ProgressLine(verb: words.active, count: count)))
    }

    /// What a transfer tells its progress to; nil if nothing is shown.
    func handler(_ index: Int, name: String) -> ProgressHandler? {
        guard case .bar(let colour) = style else { return nil }
        return { progress in self.update(index, name, progress, colour: colour) }
    }

    private func update(_ index: Int, _ name: String, _ progress: TransferProgress, colour: Bool) {
        let now = ContinuousClock.now
        let mayDraw = state.withLock { state in
            state.line.update(index, name: name, progress, at: now - start)
            guard !state.isDrawing, state.lastDrawn.map({ now - $0 >= Self.interval }) ?? true else { return false }
            state.isDrawing = true
            state.lastDrawn = now
            return true
        }
        guard mayDraw else { return }
        queue.async {
            let text = self.state.withLock { state in
                state.isVisible = true
                return state.line.text(columns: Terminal.columns, colour: colour)
            }
            Self.draw("\r\u{1B}[2K\(text)")
            self.state.withLock { $0.isDrawing = false }
        }
    }

    /// A transfer has ended well.
    func finished(_ index: Int, name: String) async {
        state.withLock { $0.line.finish(index) }
        guard case .lines = style else { return }
        await perform { Self.draw("\(self.words.done) \(Printable.line(name)) 100%\n") }
    }

    /// Takes the line away, before other output and at the end.
    func clear() async {
        guard case .bar = style else { return }
        await perform {
            let wasVisible = self.state.withLock { state in
                defer { state.isVisible = false }
                return state.isVisible
            }
            if wasVisible { Self.draw("\r\u{1B}[2K") }
        }
    }

    private func perform(_ work: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            queue.async {
                work()
                continuation.resume()
            }
        }
    }

    private static func draw(_ text: String) {
        // If nobody reads standard error any more, the transfer goes on all the same.
        try? OutputDescriptor.standardError.writeBlocking(Array(text.utf8))
    }
}
