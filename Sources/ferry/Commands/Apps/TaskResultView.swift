// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryWire

/// Shows a completed task's output, and saves its files.
struct TaskResultView {
    let ferry: Ferry
    let console: Console
    /// The folder for the output's files; nil to leave them where they are.
    let save: String?

    /// Prints the output, or with JSON the whole record, and downloads the files.
    func show(_ task: TaskDTO) async throws {
        if console.format == .human { try await console.line(PrettyJSON.text(task.output)) }
        if console.format == .quiet, save == nil { try await console.line("\(task.output)") }
        var saved: [String] = []
        if let save {
            for file in OutputFiles.find(in: task.output) {
                let path = try await file.save(in: save, ferry)
                saved.append(path)
                if console.format != .json { try await console.line(path) }
            }
        }
        guard console.format == .json else { return }
        var record = task.json.objectValue ?? [:]
        if save != nil { record["saved"] = .array(saved.map(JSONValue.string)) }
        try await console.json(.object(record))
    }
}
