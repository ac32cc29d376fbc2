// SPDX-License-Identifier: Apache-2.0

internal import FerryWire
internal import Synchronization

/// What core apps that run in this process have said so far, one answer a task, for those who watch. Not kept: a task
/// that is begun again says it anew.
package final class LiveAnswers: Sendable {
    private struct Live {
        var answer = PartialAnswer()
        var sequence: Int64 = 0
        /// Whether all is said; what comes then is no part of it.
        var isWhole = false
    }

    private struct State {
        var answers: [String: Live] = [:]
        /// Answers that are whole, the oldest first, and their size together.
        var ended: [(id: String, size: Int)] = []
        var endedSize = 0

        /// Forgets that an answer was whole.
        mutating func reopen(_ taskID: String) {
            guard let place = ended.firstIndex(where: { $0.id == taskID }) else { return }
            endedSize -= ended.remove(at: place).size
        }

        /// Forgets the oldest answers that are whole, as long as there are more than may be.
        mutating func trim() {
            while endedSize > maximumEndedSize || ended.count > maximumEndedCount, !ended.isEmpty {
                let oldest = ended.removeFirst()
                endedSize -= oldest.size
                answers[oldest.id] = nil
            }
        }
    }

    private let state = Mutex(State())
    private let maximumSize: Int
    /// Most bytes of answers that are whole and still to be told to their end. 4 MiB.
    static let maximumEndedSize = 4 << 20
    /// Most of these answers. 256.
    static let maximumEndedCount = 256

    /// None yet.
    ///
    /// - Parameter maximumSize: most bytes of one answer; what comes beyond is not shown.
    package init(maximumSize: Int) { self.maximumSize = maximumSize }

    /// A task begins to speak, perhaps anew.
    func begin(_ taskID: String) {
        state.withLock { state in
            state.reopen(taskID)
            state.answers[taskID] = Live()
        }
    }

    /// Forgets a task.
    func remove(_ taskID: String) {
        state.withLock { state in
            state.reopen(taskID)
            state.answers[taskID] = nil
        }
    }

    /// A task has said all. Kept for a while, for those who watched and are not told all yet. A second time nothing
    /// happens.
    func end(_ taskID: String) {
        state.withLock { state in
            guard let size = state.answers[taskID]?.answer.size, state.answers[taskID]?.isWhole == false else { return }
            state.answers[taskID]?.isWhole = true
            state.ended.append((taskID, size))
            state.endedSize += size
            state.trim()
        }
    }

    /// How many answers are kept, and how large those are that are whole.
    var kept: (count: Int, endedSize: Int) { state.withLock { ($0.answers.count, $0.endedSize) } }

    /// Adds to what a task says.
    func append(_ delta: JSONValue, of taskID: String) {
        change(taskID) { $0.append(delta) }
    }

    /// Takes all that a task has said.
    func replace(_ output: JSONValue, of taskID: String) {
        change(taskID) { $0.replace(with: output) }
    }

    private func change(_ taskID: String, _ body: (inout PartialAnswer) -> Void) {
        state.withLock { state in
            guard var live = state.answers[taskID], !live.isWhole, live.answer.size < maximumSize else { return }
            // In place, or each increment would copy all text.
            state.answers[taskID] = nil
            body(&live.answer)
            live.sequence += 1
            state.answers[taskID] = live
        }
    }

    /// What a task has said; nil if it has not begun.
    func answer(of taskID: String) -> PartialAnswer? { state.withLock { $0.answers[taskID]?.answer } }

    /// How much of a task's answer a watcher knows.
    struct Mark: Sendable {
        var taskID: String
        var answer = PartialAnswer.Mark()
        var sequence: Int64 = 0
    }

    /// What a task said since a mark; the mark moves on. Nil if nothing.
    func news(since mark: inout Mark) -> (delta: JSONValue, sequence: Int64, isAnew: Bool)? {
        let taskID = mark.taskID
        let known = (mark.answer, mark.sequence)
        let news = state.withLock { state -> (JSONValue, PartialAnswer.Mark, Bool, Int64)? in
            guard let live = state.answers[taskID], live.sequence != known.1,
                let delta = live.answer.delta(since: known.0)
            else { return nil }
            return (delta.delta, delta.mark, delta.isAnew, live.sequence)
        }
        guard let news else { return nil }
        mark.answer = news.1
        mark.sequence = news.3
        return (news.0, news.3, news.2)
    }
}
