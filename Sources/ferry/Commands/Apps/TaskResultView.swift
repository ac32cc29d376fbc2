// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryWire

/// Shows a completed task's output, and saves its files.
struct TaskResultView {
    let ferry: Ferry
    let console: Console
    /// The folder for the output's files; nil to leave them where they are.
    let save: String?
    /// The app as it was named, for its output's schema.
    let app: String

    /// Prints the output, or with JSON the whole record, and downloads the files.
    func show(_ task: TaskDTO) async throws {
        if console.format == .human { try await console.line(PrettyJSON.text(task.output)) }
        if console.format == .quiet, save == nil { try await console.line("\(task.output)") }
        var saved: [String] = []
        if let save {
            for file in try await files(of: task) {
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

    /// The files of the output. Where an address stands alone, as text, the app's schema says whether it is a file.
    private func files(of task: TaskDTO) async throws -> [OutputFile] {
        guard OutputFiles.holdsLooseAddress(task.output) else { return OutputFiles.find(in: task.output) }
        var reference = AppReference(app)
        reference?.function = nil
        let record: AppDTO?
        do {
            record = try await ferry.apps.get(reference?.description ?? app)
        } catch let error as FerryError where error.status == 404 {
            record = nil
        }
        let function = task.function.isEmpty ? nil : task.function
        let schema = record?.function(named: function).map { JSONSchema($0.outputSchema) }
        return OutputFiles.find(in: task.output, schema: schema)
    }
}
