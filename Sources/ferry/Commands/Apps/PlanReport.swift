// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryWire

/// Tells what automatic upload would do, in the words of the command line.
struct PlanReport {
    let plan: UploadPlan
    /// Whether the command has the flag --file.
    var hasFileFlag = true

    /// The plan as a table: a line for every string and file of the input.
    var lines: [String] {
        var table = Table(["VERDICT", "RULE", "PLACE", "SIZE", "TYPE", "SOURCE"], rightAligned: [3])
        for entry in plan.entries {
            table.add([
                entry.verdict.rawValue, "\(entry.rule)", "\(entry.pointer)", entry.size.map(ByteSize.text) ?? "",
                entry.contentType ?? "", entry.source,
            ])
        }
        return table.lines
    }

    /// What every refused value is refused for, in the order of the input.
    var refusals: [Outcome] { plan.entries.filter { $0.verdict == .refuse }.map(outcome) }

    /// The first refusal; nil if the plan can be carried out.
    var refusal: Outcome? { plan.entries.first { $0.verdict == .refuse }.map(outcome) }

    /// What is to be known of decisions that stand.
    var warnings: [String] { plan.entries.compactMap { entry in entry.warning.map { "\(entry.pointer): \($0)" } } }

    private func outcome(_ entry: UploadPlan.Entry) -> Outcome {
        var outcome = Outcome(FerryError(entry.failure ?? .invalidInput, entry.reason ?? "not acceptable"))
        // What is a path beyond doubt, and leads nowhere, is a file that is missing.
        if entry.rule == .fileFieldMismatch, Self.isMarked(entry.source) {
            outcome.status = .notFound
            outcome.code = FerryError.Code.localFileNotFound.description
        }
        outcome.message = "\(entry.pointer): \(remedy(entry) ?? outcome.message)"
        return outcome
    }

    private static func isMarked(_ source: String) -> Bool {
        let text = source.drop { $0 == "\"" }
        return ["/", "./", "../", "~/"].contains { text.hasPrefix($0) }
    }

    /// What to type instead, where the command line has another remedy than the SDK.
    private func remedy(_ entry: UploadPlan.Entry) -> String? {
        let flag = "--file \(Self.key(entry.pointer))=PATH"
        guard hasFileFlag else {
            guard entry.rule == .outsideRoots else { return nil }
            return "\(entry.source) lies outside the working directory; run the command there, or type the input"
        }
        switch entry.rule {
        case .deniedPath:
            return "\(entry.source) lies where nothing is uploaded unless you say so; to say so, give it as \(flag)"
        case .outsideRoots:
            return "\(entry.source) lies outside the working directory; give it as \(flag), or run the command there"
        case .fileFieldMismatch where entry.source.hasPrefix("\"@"):
            return "\(entry.source) is no file; give a file as \(flag), without the @"
        default: return nil
        }
    }

    /// The key by which `--set` and `--file` reach a place.
    private static func key(_ pointer: JSONPointer) -> String {
        pointer.tokens.map { $0.replacing("\\", with: "\\\\").replacing(".", with: "\\.") }.joined(separator: ".")
    }
}

/// A value of an app's input is refused: what is to be said of it.
struct RefusedPlan: Error {
    var outcome: Outcome
}
