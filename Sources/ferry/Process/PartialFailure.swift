// SPDX-License-Identifier: Apache-2.0

/// Some of a command's items failed, each with a word of its own; the others are done.
struct PartialFailure: Error {
    /// What failed first; the exit code is its own.
    var first: Outcome
    /// How many failed.
    var refused: Int
    /// How many there were.
    var count: Int
    /// What did not happen to those that failed.
    var deed = "uploaded"

    /// The whole in one line.
    var outcome: Outcome {
        var outcome = first
        outcome.message = "\(refused) of \(count) files \(refused == 1 ? "was" : "were") not \(deed)"
        return outcome
    }
}
