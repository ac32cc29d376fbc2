// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// What was heard of an answer that is being written, and how much of it was told. Pure: over lost connections nothing
/// is told twice and nothing is left out.
struct LiveAnswer: Sendable {
    private(set) var heard = PartialAnswer()
    /// The number of the last increment; 0 before the first one.
    private(set) var sequence: Int64 = 0
    private var told = PartialAnswer.Mark()
    private var hasTold = false
    private var isRestart = false

    /// Takes an increment, or everything so far.
    mutating func take(_ line: AnswerDelta) {
        guard line.isWhole else {
            // Servers that do not count say 0 each time.
            guard line.seq == 0 || line.seq > sequence else { return }
            sequence = line.seq
            heard.append(line.delta)
            return
        }
        var whole = PartialAnswer()
        whole.append(line.delta)
        replace(by: whole)
        sequence = line.seq
    }

    /// Takes the text of the message that has become of the answer.
    ///
    /// - Parameter isWhole: whether it was written to its end; if not, it only counts where it goes on from what was
    ///   heard.
    mutating func settle(_ message: ChatMessageDTO, isWhole: Bool) {
        var members = JSONObject()
        if !message.text.isEmpty { members["response"] = .string(message.text) }
        if !message.reasoning.isEmpty { members["reasoning"] = .string(message.reasoning) }
        var whole = heard
        whole.replace(with: .object(members))
        guard isWhole || Self.goesOn(whole, from: heard) else { return }
        replace(by: whole)
        // The server has no number for it.
        sequence += 1
    }

    private mutating func replace(by whole: PartialAnswer) {
        if !Self.goesOn(whole, from: heard) {
            told = PartialAnswer.Mark()
            isRestart = hasTold
        }
        heard = whole
    }

    /// What was not told yet; it counts as told from now on. Nil if there is nothing.
    mutating func news() -> (increment: JSONValue, isRestart: Bool)? {
        guard let news = heard.delta(since: told) else { return nil }
        defer { isRestart = false }
        told = news.mark
        hasTold = true
        return (news.delta, isRestart || news.isAnew)
    }

    /// Whether an answer begins with all of another one.
    private static func goesOn(_ whole: PartialAnswer, from part: PartialAnswer) -> Bool {
        whole.response.utf8.starts(with: part.response.utf8) && whole.reasoning.utf8.starts(with: part.reasoning.utf8)
            && part.toolCalls.allSatisfy { call in
                whole.toolCalls.contains { other in
                    other.index == call.index && other.id == call.id
                        && other.arguments.utf8.starts(with: call.arguments.utf8)
                }
            }
    }
}
