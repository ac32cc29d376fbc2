// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryWire

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
    /// What they are.
    var things = "files"

    /// The whole in one line.
    var outcome: Outcome {
        var outcome = first
        outcome.message = "\(refused) of \(count) \(things) \(refused == 1 ? "was" : "were") not \(deed)"
        return outcome
    }
}

extension Console {
    /// Does the same with each of the items and says so. One that fails among others is named, and the others are done
    /// all the same.
    ///
    /// - Parameters:
    ///   - items: ids, addresses or paths.
    ///   - deed: what has happened to an item then, such as `deleted`.
    ///   - member: what an item is called in an object of JSON.
    ///   - things: what the items are.
    /// - Throws: what the body throws for an only item, ``PartialFailure`` else.
    func each(
        _ items: [String], are deed: String, member: String, of things: String, _ body: (String) async throws -> Void
    ) async throws {
        var failures: [Outcome] = []
        for item in items {
            do {
                try await body(item)
            } catch let error as FerryError where items.count > 1 {
                var outcome = Outcome(error)
                outcome.message = "\(Printable.line(item)): \(outcome.message)"
                try await failure(outcome)
                failures.append(outcome)
                continue
            }
            switch format {
            case .json: try await json([member: .string(item), deed: true])
            case .human: try await line("\(deed) \(Printable.line(item))")
            case .quiet: break
            }
        }
        guard let first = failures.first else { return }
        throw PartialFailure(first: first, refused: failures.count, count: items.count, deed: deed, things: things)
    }
}
