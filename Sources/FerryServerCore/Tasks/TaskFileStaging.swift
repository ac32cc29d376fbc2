// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

/// Brings a task's files to its app, and the app's files into the store.
package struct TaskFileStaging: Sendable {
    let files: FileService
    let taskFiles: any TaskFileIndex
    let limits: ServerLimits
    private let downloads: DownloadService
    private let foreign: ForeignFiles
    private let runner: any AppRunner

    package init(
        files: FileService, downloads: DownloadService, foreign: ForeignFiles, taskFiles: any TaskFileIndex,
        runner: any AppRunner, limits: ServerLimits
    ) {
        self.files = files
        self.downloads = downloads
        self.foreign = foreign
        self.taskFiles = taskFiles
        self.runner = runner
        self.limits = limits
    }

    /// The task's function, as its app's version of then has it.
    func function(of task: TaskRecord) async throws -> AppFunctionDTO {
        let app = try await runner.version(task.appVersionID, of: task.app)
        guard let function = app?.function(named: task.function) else {
            let version = Identifier.short(task.appVersionID)
            throw AppFailure(
                message: "version \(version) of the app \(task.app) is no longer on this server; run it again")
        }
        return function
    }

    /// Whether the app is to be given files.
    static func hasFiles(_ task: TaskRecord, _ function: AppFunctionDTO) -> Bool {
        let schema = JSONSchema(function.inputSchema)
        return !FileFields.find(in: task.input, schema: schema).isEmpty
            || !FileFields.openAddresses(in: task.input, schema: schema).isEmpty
    }

    /// Whether an app's output has files to be stored.
    static func hasFiles(_ output: JSONValue, _ function: AppFunctionDTO) -> Bool {
        !FileFields.find(in: output, schema: JSONSchema(function.outputSchema)).isEmpty
    }

    /// The task's input with every file field replaced by a file of the app's own, and so each address of a file where
    /// the schema says nothing. Files of the web are fetched, a few at once.
    func place(
        _ task: TaskRecord, _ function: AppFunctionDTO, in workspace: any TaskWorkspace
    ) async throws -> JSONValue {
        let schema = JSONSchema(function.inputSchema)
        var placed: [JSONPointer: JSONValue] = [:]
        var ofTheWeb: [(field: FileFields.Field, url: String)] = []
        for field in FileFields.find(in: task.input, schema: schema) {
            if let url = ForeignFiles.url(of: field.value) {
                ofTheWeb.append((field, url))
                continue
            }
            guard let record = try await record(field, of: task) else {
                throw AppFailure(message: "\(field.pointer): the file no longer exists; upload it again")
            }
            placed[field.pointer] = try await place(record, in: workspace)
        }
        for field in FileFields.openAddresses(in: task.input, schema: schema) {
            guard let record = try await record(field, of: task), record.isReady else { continue }
            placed[field.pointer] = try await place(record, in: workspace)
        }
        let budget = ForeignBudget(limits)
        let fetched = try await mapConcurrently(ofTheWeb, limit: limits.parallelTaskFiles) { [foreign] item in
            try await foreign.place(item.field, url: item.url, in: workspace, budget: budget)
        }
        for (item, value) in zip(ofTheWeb, fetched) { placed[item.field.pointer] = value }
        return FileFields.replace(in: task.input, schema: schema, withOpenAddresses: true) { placed[$0] ?? $1 }
    }

    /// The file that a field's address names, if it is one of the task's team.
    private func record(_ field: FileFields.Field, of task: TaskRecord) async throws -> FileRecord? {
        guard let uri = field.value.stringValue.flatMap({ FileURI($0) }) else { return nil }
        let record = try await files.record(id: uri.id)
        return record?.teamID == task.teamID ? record : nil
    }

    /// Gives the app a file of its own, and says what the app is told of it.
    private func place(_ record: FileRecord, in workspace: any TaskWorkspace) async throws -> JSONValue {
        let download = try await downloads.open(record)
        let path: String
        do {
            path = try await workspace.place(download.reader, filename: record.filename)
            await download.reader.close()
        } catch {
            await download.reader.close()
            throw error
        }
        return [
            "path": .string(path), "content_type": .string(record.contentType),
            "filename": .string(record.filename), "size": .integer(download.digest.size),
        ]
    }
}
